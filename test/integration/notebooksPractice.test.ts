/** The practice fleet's Jupyter, held to the same as Debian's. */
import { testLink } from "../helpers/lab/link.ts";
import { type NotebookPlace, notebookBehaviour } from "../helpers/notebookBehaviour.ts";
import { openNotebookLab } from "../helpers/notebookLab.ts";
import { openFleet } from "../helpers/practice.ts";
import { until } from "../helpers/until.ts";

async function open(): Promise<NotebookPlace> {
  const fleet = await openFleet();
  const host = fleet.host("orion");
  const { link } = testLink({ port: host.port, user: host.user, auth: { kind: "key", path: host.keyFile } });
  await link.ready();
  const lab = openNotebookLab(link);
  const said = async (...argv: string[]) => (await link.exec(argv)).stdout.toString();
  const runtime = "/home/operator/.local/share/jupyter/runtime";
  const describe = async () => JSON.parse(await said("sh", "-c", `cat ${runtime}/jpserver-*.json`));
  const folder = "/home/operator/first-steps";
  return {
    lab,
    link,
    port: 8888,
    folder,
    root: false,
    key: async () => (await describe()).token,
    async restart() {
      const { pid } = await describe();
      await said("kill", String(pid));
      await until(async () => (await said("sh", "-c", `ls ${runtime}`)) === "");
      await said("sh", "-c", `cd ${folder}; nohup jupyter-lab --ip=127.0.0.1 --port=8888 >/dev/null 2>&1 &`);
      await until(async () => (await describe()).port === 8888);
    },
    async cut() {
      await fleet.fleet.setFault("orion", "link-drop", true);
      await fleet.fleet.setFault("orion", "link-drop", false);
    },
    another: "/data",
    missing: null,
    async close() {
      await lab.close();
      link.dispose();
      await fleet.close();
    },
  };
}

notebookBehaviour("the practice fleet", open, false);
