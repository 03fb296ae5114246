import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import type { ContainerDetailView } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { CodeBlock, Drawer, Skeleton, Tabs } from "../../ui/index.ts";
import {
  EnvChip,
  FindingRow,
  isProduction,
  ProblemBanner,
  ScoreMeter,
  SimulatedChip,
  sortFindings,
} from "../common/index.ts";
import { AskTab } from "./AskTab.tsx";
import { ContainerActions } from "./ContainerActions.tsx";
import { ContainerState } from "./columns.tsx";
import { SecretsTab } from "./SecretsTab.tsx";
import { SummaryTab } from "./SummaryTab.tsx";

const LogView = lazy(() => import("../logs/LogView.tsx"));

const tabs = ["summary", "hardening", "secrets", "ask", "logs", "inspect"] as const;
export type ContainerTab = (typeof tabs)[number];

export function tabOf(value: string | null): ContainerTab {
  return tabs.find((tab) => tab === value) ?? "summary";
}

type Props = {
  hostId: string;
  containerId: string;
  tab: ContainerTab;
  onTab: (tab: ContainerTab) => void;
  onClose: () => void;
};

export function ContainerDrawer({ hostId, containerId, tab, onTab, onClose }: Props) {
  const { t } = useText();
  const query = useQuery(useApi().containers.get.queryOptions({ input: { hostId, containerId } }));
  const detail = query.data;
  return (
    <Drawer
      subject={`${hostId}/${containerId}`}
      title={detail?.name ?? containerId.slice(0, 12)}
      closeLabel={t("common.close")}
      production={isProduction(detail?.environment)}
      flush={tab === "logs"}
      onClose={onClose}
      marks={
        detail && (
          <>
            <EnvChip environment={detail.environment} />
            {detail.simulated && <SimulatedChip />}
          </>
        )
      }
      under={
        detail && (
          <div className="row">
            <ContainerState row={detail} />
            <span className="muted truncate">
              {detail.status === detail.state ? detail.hostName : `${detail.status} · ${detail.hostName}`}
            </span>
          </div>
        )
      }
      actions={detail && <ContainerActions detail={detail} onGone={onClose} />}
      tabs={
        <Tabs
          label={t("containers.tabs")}
          value={tab}
          tabs={tabs.map((value) => ({ value, label: t(`containers.tab.${value}`) }))}
          onChange={onTab}
        />
      }
    >
      {query.error && !detail && <ProblemBanner problem={toProblem(query.error)} />}
      {!detail && !query.error && <Skeleton label={t("common.loading")} />}
      {detail && <TabBody tab={tab} detail={detail} />}
    </Drawer>
  );
}

function TabBody({ tab, detail }: { tab: ContainerTab; detail: ContainerDetailView }) {
  const { t } = useText();
  const copy = { label: t("common.copy"), doneLabel: t("common.copied") };
  switch (tab) {
    case "summary":
      return <SummaryTab detail={detail} />;
    case "hardening":
      return <HardeningTab detail={detail} />;
    case "secrets":
      return <SecretsTab detail={detail} />;
    case "ask":
      return <AskTab detail={detail} />;
    case "logs":
      return (
        <Suspense fallback={<Skeleton label={t("common.loading")} />}>
          <LogView
            narrow
            name={detail.name}
            sources={[{ kind: "container", hostId: detail.hostId, containerId: detail.id }]}
          />
        </Suspense>
      );
    case "inspect":
      return <CodeBlock tall label={t("containers.tab.inspect")} text={detail.inspect} copy={copy} />;
  }
}

function HardeningTab({ detail }: { detail: ContainerDetailView }) {
  const { t } = useText();
  const failing = detail.findings.filter((finding) => finding.status !== "pass").length;
  return (
    <>
      {detail.score !== null && (
        <div className="row">
          <ScoreMeter wide score={detail.score} label={t("containers.score", { score: detail.score })} />
          <span className="secondary">{t("hardening.count", { failing, total: detail.findings.length })}</span>
        </div>
      )}
      <div className="findings">
        {sortFindings(detail.findings).map((finding) => (
          <FindingRow key={finding.rule} finding={finding} />
        ))}
      </div>
    </>
  );
}
