import { app, type Session, session, shell, type WebContents } from "electron";
import { type Asset, openableLink, pageHeaders } from "../page/index.ts";
import { isNotebookPage } from "./notebookWindow.ts";
import { isOwnBlob, isOwnPage, SCHEME } from "./origin.ts";
import { mayAsk, mayUse } from "./permissions.ts";

/** In memory: nothing that a page shows or types is left on disk by the browser engine. */
export const PARTITION = "gatehouse";

/** Closes every way that Electron leaves open by default, for all contents that will ever be made. */
export function lockContents(): void {
  app.on("web-contents-created", (_, contents) => lock(contents));
  app.on("session-created", lockSession);
}

function lock(contents: WebContents): void {
  const stay = (event: { preventDefault(): void; url: string }) => {
    if (!isOwnPage(event.url) && !isNotebookPage(contents.session, event.url)) event.preventDefault();
  };
  contents.on("will-navigate", stay);
  contents.on("will-frame-navigate", stay);
  contents.on("will-redirect", stay);
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    const link = openableLink(url);
    if (link !== null) void shell.openExternal(link);
    return { action: "deny" };
  });
}

/** Unset handlers approve everything. */
function lockSession(target: Session): void {
  target.setPermissionRequestHandler((contents, permission, answer, { requestingUrl }) =>
    answer(mayAsk({ permission, url: requestingUrl, frame: contents.mainFrame })),
  );
  target.setPermissionCheckHandler((contents, permission, url, { embeddingOrigin }) =>
    mayUse({ permission, url, around: embeddingOrigin, frame: contents?.mainFrame ?? null }),
  );
  target.setDevicePermissionHandler(() => false);
  target.on("will-download", (event, item) => {
    const url = item.getURL().replace(/^blob:/, "");
    if (!isOwnBlob(item.getURL()) && !isNotebookPage(target, url)) event.preventDefault();
  });
}

/** Answers `app://gatehouse/…` from the map of built files: a look-up of an exact name, never a path. */
export function servePage(assets: ReadonlyMap<string, Asset>): void {
  const headers = pageHeaders();
  session.fromPartition(PARTITION).protocol.handle(SCHEME, (request) => {
    const asset = isOwnPage(request.url) ? assets.get(new URL(request.url).pathname) : undefined;
    if (asset === undefined) return new Response("not found\n", { status: 404, headers });
    if (request.method !== "GET") return new Response("method not allowed\n", { status: 405, headers });
    return new Response(new Uint8Array(asset.body), { headers: { ...headers, "content-type": asset.type } });
  });
}
