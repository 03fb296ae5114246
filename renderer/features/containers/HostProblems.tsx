import { Link, useLocation } from "wouter";
import type { Problem } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Banner, Button } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";

type HostProblem = { hostId: string; hostName: string; problem: Problem };

/** Hosts whose containers are not in the list, and why. */
export function HostProblems({ problems }: { problems: readonly HostProblem[] }) {
  const { t, problem: words } = useText();
  const [, go] = useLocation();
  const [first, ...others] = problems;
  if (!first) return null;
  const path = (hostId: string) => `/fleet/${encodeURIComponent(hostId)}`;
  if (others.length === 0) {
    return (
      <ProblemBanner
        tone="warn"
        title={t("containers.hostFailed", { host: first.hostName })}
        problem={first.problem}
        actions={
          <Button small onClick={() => go(path(first.hostId))}>
            {t("containers.openHost")}
          </Button>
        }
      />
    );
  }
  return (
    <Banner tone="warn" title={t("containers.hostsFailed", { count: problems.length })}>
      <ul>
        {problems.map(({ hostId, hostName, problem }) => (
          <li key={hostId}>
            <Link href={path(hostId)}>{hostName}</Link> {words(problem).what}{" "}
            <span className="code mono">{problem.code}</span>
          </li>
        ))}
      </ul>
    </Banner>
  );
}
