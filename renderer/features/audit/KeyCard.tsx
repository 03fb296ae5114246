import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { Link } from "wouter";
import { useText } from "../../app/i18n/index.tsx";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Button, CodeBlock, CopyButton, Section } from "../../ui/index.ts";
import { offerFile, ProblemBanner } from "../common/index.ts";

const fileName = "gatehouse-audit-key.pem";
const command = `npm run evidence:verify -- FILE --key ${fileName} --audit FOLDER`;

/** The public key that others check signed evidence with: what they have to be given, and how. */
export function KeyCard({ open }: { open: boolean }) {
  const { t } = useText();
  const api = useApi();
  const query = useQuery(api.audit.publicKey.queryOptions());
  const key = query.data?.key;
  return (
    <section className="audit-key" aria-label={t("auditKey.title")}>
      <Section
        title={t("auditKey.title")}
        open={open}
        mark={key && <code className="secondary truncate">{key.fingerprint}</code>}
      >
        {query.error && <ProblemBanner problem={toProblem(query.error)} />}
        {key === null && (
          <p>
            {t("auditKey.none")} <Link href="/secrets">{t("auditKey.toSecrets")}</Link>
          </p>
        )}
        {key && <KeyOf {...key} />}
      </Section>
    </section>
  );
}

function KeyOf({ fingerprint, pem }: { fingerprint: string; pem: string }) {
  const { t } = useText();
  const keychain = useQuery(useApi().keychain.state.queryOptions()).data;
  const copied = { doneLabel: t("common.copied") };
  return (
    <div className="stack">
      <p>{t("auditKey.what")}</p>
      <div className="row wrap">
        <code className="audit-print">{fingerprint}</code>
        <CopyButton text={fingerprint} label={t("auditKey.copyFingerprint")} {...copied} />
      </div>
      {keychain?.mode === "session" && <p className="tone-warn">{t("auditKey.session")}</p>}
      <p className="secondary">{t("auditKey.form")}</p>
      <CodeBlock wrap label={fileName} text={pem} copy={{ label: t("auditKey.copyKey"), ...copied }} />
      <div className="row wrap">
        <Button
          icon={<Download size={14} />}
          onClick={() => offerFile(fileName, new Blob([pem], { type: "application/x-pem-file" }))}
        >
          {t("auditKey.save")}
        </Button>
      </div>
      <CodeBlock wrap label={t("auditKey.check")} text={command} copy={{ label: t("common.copy"), ...copied }} />
    </div>
  );
}
