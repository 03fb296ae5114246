import type { LaunchSpec } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Checkbox, Section, SelectField, TextField } from "../../ui/index.ts";
import { Amount } from "./Amount.tsx";
import type { Change } from "./draft.ts";
import { Program } from "./Program.tsx";
import { RowsEditor } from "./RowsEditor.tsx";

type Props = { spec: LaunchSpec; onChange: Change };

export function Advanced(props: Props & { userComplaint: string | null }) {
  const { t } = useText();
  return (
    <div className="advanced">
      <h2>{t("common.advanced")}</h2>
      <Section title={t("advanced.identity")}>
        <Identity {...props} />
      </Section>
      <Section title={t("advanced.limits")}>
        <Limits {...props} />
      </Section>
      <Section title={t("advanced.files")}>
        <Files {...props} />
      </Section>
      <Section title={t("advanced.network")}>
        <Network {...props} />
      </Section>
      <Section title={t("advanced.program")}>
        <Program {...props} />
      </Section>
    </div>
  );
}

function Identity({ spec, onChange, userComplaint }: Props & { userComplaint: string | null }) {
  const { t } = useText();
  return (
    <div className="grid two">
      <TextField
        mono
        label={t("advanced.user")}
        hint={t("advanced.userHint")}
        complaint={userComplaint}
        value={spec.user}
        onChange={(user) => onChange({ user: user.trim() })}
      />
      <TextField
        mono
        label={t("advanced.capAdd")}
        hint={t("advanced.capAddHint")}
        value={spec.capAdd.join(" ")}
        onChange={(value) =>
          onChange({
            capAdd: value
              .toUpperCase()
              .split(/[\s,]+/)
              .filter((name) => /^[A-Z_]+$/.test(name)),
          })
        }
      />
      <div className="stack tight">
        <Checkbox
          label={t("advanced.readOnlyRoot")}
          checked={spec.readOnlyRoot}
          onChange={(readOnlyRoot) => onChange({ readOnlyRoot })}
        />
        <Checkbox
          label={t("advanced.noNewPrivileges")}
          checked={spec.noNewPrivileges}
          onChange={(noNewPrivileges) => onChange({ noNewPrivileges })}
        />
      </div>
      <div className="stack tight">
        <Checkbox label={t("advanced.init")} checked={spec.init} onChange={(init) => onChange({ init })} />
        <Checkbox
          label={t("advanced.privileged")}
          checked={spec.privileged}
          onChange={(privileged) => onChange({ privileged })}
        />
      </div>
      <SelectField
        label={t("advanced.seccomp")}
        value={spec.seccomp}
        options={[
          { value: "default", label: t("advanced.seccomp.default") },
          { value: "unconfined", label: t("advanced.seccomp.unconfined") },
        ]}
        onChange={(seccomp) => onChange({ seccomp })}
      />
    </div>
  );
}

const gib = 2 ** 30;
const mib = 2 ** 20;

function Limits({ spec, onChange }: Props) {
  const { t } = useText();
  return (
    <div className="grid two">
      <Amount
        label={t("advanced.memory")}
        unit="GiB"
        scale={gib}
        value={spec.memoryBytes}
        onChange={(memoryBytes) => onChange({ memoryBytes })}
      />
      <Amount label={t("advanced.cpus")} scale={1} fraction value={spec.cpus} onChange={(cpus) => onChange({ cpus })} />
      <Amount
        label={t("advanced.pids")}
        scale={1}
        value={spec.pidsLimit}
        onChange={(pidsLimit) => onChange({ pidsLimit })}
      />
      <Amount
        label={t("advanced.shm")}
        unit="MiB"
        scale={mib}
        value={spec.shmBytes}
        onChange={(shmBytes) => shmBytes !== null && onChange({ shmBytes })}
      />
      <Amount
        label={t("advanced.logMax")}
        unit="MiB"
        scale={1}
        value={spec.logMaxMiB}
        onChange={(logMaxMiB) => logMaxMiB !== null && onChange({ logMaxMiB })}
      />
      <Amount
        label={t("advanced.logFiles")}
        scale={1}
        value={spec.logFiles}
        onChange={(logFiles) => logFiles !== null && onChange({ logFiles })}
      />
      <SelectField
        label={t("advanced.restart")}
        value={spec.restart}
        options={(["no", "on-failure", "unless-stopped", "always"] as const).map((value) => ({
          value,
          label: t(`advanced.restart.${value}`),
        }))}
        onChange={(restart) => onChange({ restart })}
      />
    </div>
  );
}

function Files({ spec, onChange }: Props) {
  const { t } = useText();
  return (
    <div className="stack">
      <RowsEditor
        label={t("advanced.tmpfs")}
        rows={spec.tmpfs}
        blank={{ path: "/scratch", sizeBytes: 64 * mib, exec: false }}
        onChange={(tmpfs) => onChange({ tmpfs })}
        render={(row, set) => (
          <>
            <TextField mono label={t("advanced.path")} value={row.path} onChange={(path) => set({ ...row, path })} />
            <Amount
              label={t("advanced.size")}
              unit="MiB"
              scale={mib}
              value={row.sizeBytes}
              onChange={(sizeBytes) => sizeBytes !== null && set({ ...row, sizeBytes })}
            />
            <Checkbox label={t("advanced.exec")} checked={row.exec} onChange={(exec) => set({ ...row, exec })} />
          </>
        )}
      />
      <RowsEditor
        label={t("advanced.mounts")}
        rows={spec.mounts}
        blank={{ source: "/srv/models", target: "/models", readOnly: true }}
        onChange={(mounts) => onChange({ mounts })}
        render={(row, set) => (
          <>
            <TextField
              mono
              label={t("advanced.source")}
              value={row.source}
              onChange={(source) => set({ ...row, source })}
            />
            <TextField
              mono
              label={t("advanced.target")}
              value={row.target}
              onChange={(target) => set({ ...row, target })}
            />
            <Checkbox
              label={t("advanced.readOnly")}
              checked={row.readOnly}
              onChange={(readOnly) => set({ ...row, readOnly })}
            />
          </>
        )}
      />
    </div>
  );
}

function Network({ spec, onChange }: Props) {
  const { t } = useText();
  return (
    <div className="stack">
      <SelectField
        label={t("advanced.networkMode")}
        value={spec.network}
        options={(["isolated", "bridge", "host"] as const).map((value) => ({
          value,
          label: t(`advanced.network.${value}`),
        }))}
        onChange={(network) => onChange({ network })}
      />
      <RowsEditor
        label={t("advanced.publish")}
        rows={spec.publish}
        blank={{ address: "127.0.0.1", hostPort: 8000, containerPort: 8000 }}
        onChange={(publish) => onChange({ publish })}
        render={(row, set) => (
          <>
            <TextField
              mono
              label={t("advanced.address")}
              value={row.address}
              onChange={(address) => set({ ...row, address })}
            />
            <Amount
              label={t("advanced.hostPort")}
              scale={1}
              value={row.hostPort}
              onChange={(port) => set({ ...row, hostPort: port ?? 0 })}
            />
            <Amount
              label={t("advanced.containerPort")}
              scale={1}
              value={row.containerPort}
              onChange={(port) => port !== null && set({ ...row, containerPort: port })}
            />
          </>
        )}
      />
    </div>
  );
}
