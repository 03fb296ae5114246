/** Tunnels through OpenSSH's own server, for one test. */
import { onTestFinished } from "vitest";
import { type LabSshd, startSshd } from "./lab/index.ts";
import { testLink } from "./lab/link.ts";
import { openTunnelLab, type TunnelLab } from "./tunnelLab.ts";

/** Length of an outage; with `GATEHOUSE_OUTAGE=20` (seconds) it is what a person lives through. */
export const outageMs = Number(process.env.GATEHOUSE_OUTAGE ?? 6) * 1000;

/** `config`: further lines of the server's. Both end with the test, behind its `afterEach`. */
export async function openTunnelSshd(config: readonly string[] = []): Promise<{ sshd: LabSshd; lab: TunnelLab }> {
  const sshd = await startSshd({ config });
  onTestFinished(() => sshd.stop());
  const auth = { kind: "key", path: sshd.userKey.file } as const;
  const { link } = testLink({ port: sshd.port, user: sshd.user, auth });
  const lab = openTunnelLab({ links: { "host-1": link } });
  onTestFinished(() => lab.close());
  await link.ready();
  return { sshd, lab };
}
