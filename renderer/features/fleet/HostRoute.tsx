import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { HostDetail } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Banner, Facts } from "../../ui/index.ts";
import { ProblemBanner, Since } from "../common/index.ts";
import { NotHonoured } from "./ConfiguredHosts.tsx";

const refreshMs = 3_000;

type Route = NonNullable<ReturnType<typeof useRoute>["data"]>;

function useRoute(hostId: string) {
  return useQuery(useApi().hosts.route.queryOptions({ input: { hostId }, refetchInterval: refreshMs }));
}

/** Shown beside the state of a host while commands wait for a channel. */
export function ChannelWait({ hostId }: { hostId: string }) {
  const { t } = useText();
  const waiting = useRoute(hostId).data?.channels.waiting ?? 0;
  if (waiting === 0) return null;
  return <span className="tone-warn">{t("route.waiting", { count: waiting })}</span>;
}

function Queue({ channels }: { channels: Route["channels"] }) {
  const { t } = useText();
  const { open, limit, waiting, queue } = channels;
  return (
    <>
      {t("route.channelsOf", { open, limit, waiting })}
      {queue.length > 0 && (
        <ol className="queue">
          {queue.map(({ what, since }, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the place in the queue is what it is.
            <li key={place}>
              <code>{what}</code> <Since at={since} />
            </li>
          ))}
        </ol>
      )}
      {waiting > queue.length && (
        <span className="muted">{t("route.queueMore", { count: waiting - queue.length })}</span>
      )}
    </>
  );
}

/** The way to a host as the next connection takes it, and what of the configuration is not followed. */
export function HostRoute({ host }: { host: HostDetail }) {
  const { t, fmt } = useText();
  const query = useRoute(host.id);
  const route = query.data;
  const problem = query.error ? toProblem(query.error) : null;
  // Where the link has come to the same, its banner is there already.
  if (problem) return problem.code === host.link.reason?.code ? null : <ProblemBanner problem={problem} />;
  if (!route || host.kind === "local") return null;
  const { channels, hops } = route;
  return (
    <section className="stack">
      <h3>{t("route.title")}</h3>
      <Facts
        rows={[
          route.config !== null && [t("route.config"), <code key="config">{route.config}</code>],
          [
            t("route.target"),
            <code key="target" className="wrap-anywhere">
              {[...hops, route].map(({ user, address, port }) => `${user}@${address}:${port}`).join(" → ")}
            </code>,
          ],
          route.proxyCommand !== null && [
            t("route.proxyCommand"),
            <code key="command" className="wrap-anywhere">
              {route.proxyCommand}
            </code>,
          ],
          route.resolvedBy !== null && [t("route.resolved"), t(`config.resolvedBy.${route.resolvedBy}`)],
          [
            t("transport.label"),
            `${t(`transport.by.${route.transport.by}`)} ${t(`transport.reason.${route.transport.reason}`)}`,
          ],
          ...route.certificates.map(
            (one) =>
              [
                t("route.certificate"),
                <span key={one.path} className={one.expired ? "tone-danger" : ""}>
                  {one.keyId} ({one.principals.join(", ")}){" "}
                  {one.validUntil === null
                    ? t("route.certificateForever")
                    : t(one.expired ? "route.certificateExpired" : "route.certificateUntil", {
                        until: fmt.dateTime(one.validUntil),
                      })}
                </span>,
              ] as [string, ReactNode],
          ),
          route.identityFiles.length > 0 && [
            t("route.keys"),
            <code key="keys" className="wrap-anywhere">
              {route.identityFiles.join(", ")}
            </code>,
          ],
          channels.limit > 0 && [t("route.channels"), <Queue key="channels" channels={channels} />],
        ]}
      />
      {route.allowOpenKeys && (
        <Banner tone="warn" title={t("route.openKeys")}>
          {t("route.openKeysText")}
        </Banner>
      )}
      {route.notHonoured.length > 0 && <NotHonoured lines={route.notHonoured} />}
    </section>
  );
}
