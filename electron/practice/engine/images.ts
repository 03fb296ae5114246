import { overlay } from "../container/inspect.ts";
import { findImage, type Image, parseReference, registryImages } from "./catalogue.ts";
import type { Events } from "./events.ts";
import { EngineError, type EngineRequest, type Outlet, type Reply } from "./http.ts";
import { flag, type Route, readFilters, route } from "./router.ts";

export interface Images {
  find(text: string): Image | undefined;
  list(): readonly Image[];
  routes: Route[];
}

export interface ImagesOptions {
  events: Events;
  diskFull(): boolean;
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** A container was made from it. */
  inUse(image: Image): string | null;
}

/** What is in the simulated registry but not on the host until someone pulls it. */
const notPulled = new Set(["busybox:1.36"]);

export function createImages(options: ImagesOptions): Images {
  const registry = registryImages();
  const local = registry.filter(({ tags }) => !tags.some((tag) => notPulled.has(tag)));
  const demand = (text: string, api = 44): Image => {
    const found = findImage(local, text);
    if (found !== undefined) return found;
    const { status, message } = noSuchImage(text);
    throw new EngineError(status, api < 44 ? `no such image: ${text}: ${message}` : message);
  };
  return {
    find: (text) => findImage(local, text),
    list: () => local,
    routes: [
      route("GET", "/images/json", (request, reply) => reply.json(200, listImages(request, local))),
      route("GET", "/images/{*}/json", (request, reply) =>
        reply.json(200, inspect(demand(request.params[0] ?? "", request.api), request.api)),
      ),
      route("GET", "/images/{*}/history", (request, reply) =>
        reply.json(200, history(demand(request.params[0] ?? ""))),
      ),
      route("POST", "/images/create", (request, reply) => pull(request, reply, registry, local, options)),
      route("DELETE", "/images/{*}", (request, reply) => {
        const image = demand(request.params[0] ?? "");
        const user = options.inUse(image);
        if (user !== null && !flag(request.query, "force")) {
          const text = `conflict: unable to remove repository reference "${request.params[0]}" (must force) - container ${user} is using its referenced image ${image.id.slice(7, 19)}`;
          throw new EngineError(409, text);
        }
        local.splice(local.indexOf(image), 1);
        options.events.emit({ type: "image", action: "delete", id: image.id, attributes: { name: image.id } });
        reply.json(200, [...image.tags.map((tag) => ({ Untagged: tag })), { Deleted: image.id }]);
      }),
    ],
  };
}

export function noSuchImage(text: string): EngineError {
  const reference = parseReference(text);
  const shown = reference !== null && reference.tag === null && reference.digest === null ? `${text}:latest` : text;
  return new EngineError(404, `No such image: ${shown}`);
}

function listImages(request: EngineRequest, images: readonly Image[]): unknown[] {
  const references = readFilters(request.query, request.api).get("reference");
  const wanted = images.filter(
    ({ tags }) =>
      references === undefined ||
      references.some((each) => tags.some((tag) => tag === each || tag.split(":")[0] === each)),
  );
  return wanted.map((image) => ({
    Containers: -1,
    Created: Math.floor(image.createdAt / 1000),
    Id: image.id,
    Labels: image.config.Labels,
    ParentId: "",
    RepoDigests: image.digests,
    RepoTags: image.tags,
    SharedSize: -1,
    Size: image.sizeBytes,
    ...(request.api < 44 ? { VirtualSize: image.sizeBytes } : {}),
  }));
}

const emptyConfig = {
  Hostname: "",
  Domainname: "",
  User: "",
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: null,
  Image: "",
  Volumes: null,
  WorkingDir: "",
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

function inspect(image: Image, api: number): unknown {
  const { config } = image;
  const exposed = Object.keys(config.ExposedPorts).length === 0 ? undefined : config.ExposedPorts;
  return {
    Id: image.id,
    RepoTags: image.tags,
    RepoDigests: image.digests,
    Parent: "",
    Comment: "buildkit.dockerfile.v0",
    Created: new Date(image.createdAt).toISOString(),
    // What an image was built from was told until API 1.45.
    ...(api < 45 ? { Container: "", ContainerConfig: emptyConfig } : {}),
    DockerVersion: "",
    Author: "",
    Config: { ...emptyConfig, ...config, ExposedPorts: exposed },
    Architecture: "amd64",
    Os: "linux",
    Size: image.sizeBytes,
    ...(api < 44 ? { VirtualSize: image.sizeBytes } : {}),
    GraphDriver: { Data: overlay(image.id.slice(7)), Name: "overlay2" },
    RootFS: { Type: "layers", Layers: image.layers },
    Metadata: { LastTagTime: "0001-01-01T00:00:00Z" },
  };
}

function history(image: Image): unknown[] {
  return image.history.map((layer, index) => ({
    Comment: "",
    Created: Math.floor(image.createdAt / 1000),
    CreatedBy: layer.by,
    Id: index === 0 ? image.id : "<missing>",
    Size: layer.sizeBytes,
    Tags: index === 0 ? image.tags : null,
  }));
}

async function pull(
  request: EngineRequest,
  reply: Reply,
  registry: readonly Image[],
  local: Image[],
  options: ImagesOptions,
): Promise<void> {
  const from = request.query.get("fromImage");
  if (from === null) throw new EngineError(400, "importing images is not part of the simulation");
  const tag = request.query.get("tag") ?? "";
  const separator = tag.startsWith("sha256:") ? "@" : ":";
  const text = tag === "" ? from : `${from}${separator}${tag}`;
  const reference = parseReference(text);
  if (reference === null) throw new EngineError(400, "invalid reference format");
  const image = findImage(registry, text);
  if (image === undefined) throw notInRegistry(reference.name, reference.tag ?? "latest", registry);
  const outlet = reply.stream("application/json");
  const line = (value: object) => outlet.write(`${JSON.stringify(value)}\r\n`);
  const shown = reference.digest ?? reference.tag ?? "latest";
  await line({
    status: `Pulling from ${reference.name.includes("/") ? reference.name : `library/${reference.name}`}`,
    id: shown,
  });
  const there = local.includes(image);
  if (there || (await pullLayers(image, line, outlet, options))) {
    await line({ status: `Digest: ${image.digests[0]?.split("@")[1] ?? ""}` });
    const verdict = there ? "Image is up to date for" : "Downloaded newer image for";
    await line({ status: `Status: ${verdict} ${reference.name}${reference.digest === null ? ":" : "@"}${shown}` });
    if (!there) local.push(image);
    const name = image.tags[0] ?? image.id;
    options.events.emit({ type: "image", action: "pull", id: name, attributes: { name: reference.name } });
  }
  outlet.end();
}

function notInRegistry(name: string, tag: string, registry: readonly Image[]): EngineError {
  const known = registry.some(({ tags }) => tags.some((each) => each.slice(0, each.lastIndexOf(":")) === name));
  if (known) return new EngineError(404, `manifest for ${name}:${tag} not found: manifest unknown: manifest unknown`);
  return new EngineError(
    404,
    `pull access denied for ${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
  );
}

/** Progress of each layer in a few steps; false when it failed, which the stream then says. */
async function pullLayers(
  image: Image,
  line: (value: object) => Promise<void>,
  outlet: Outlet,
  options: ImagesOptions,
): Promise<boolean> {
  const layers = image.history.filter((layer) => !layer.empty);
  const ids = image.layers.map((digest) => digest.slice(7, 19));
  for (const id of ids) await line({ status: "Pulling fs layer", progressDetail: {}, id });
  for (const [index, layer] of layers.entries()) {
    const id = ids[index] ?? "";
    for (const step of [1, 2, 3]) {
      await options.wait(60, outlet.signal);
      if (outlet.signal.aborted) return false;
      const current = Math.round((layer.sizeBytes * step) / 3);
      const bar = `[${"=".repeat(step * 16)}>${" ".repeat(48 - step * 16)}]`;
      const progress = `${bar}  ${(current / 1e6).toFixed(2)}MB/${(layer.sizeBytes / 1e6).toFixed(2)}MB`;
      await line({ status: "Downloading", progressDetail: { current, total: layer.sizeBytes }, progress, id });
      if (options.diskFull() && step === 2) {
        const message = `write /var/lib/docker/tmp/GetImageBlob${id}: no space left on device`;
        await line({ errorDetail: { message }, error: message });
        return false;
      }
    }
    await line({ status: "Download complete", progressDetail: {}, id });
    await line({ status: "Pull complete", progressDetail: {}, id });
  }
  return true;
}
