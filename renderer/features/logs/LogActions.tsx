import { ArrowDownToLine, Bookmark, Download, Pin, WrapText } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { LogFilter, LogHead } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { IconButton, useToast } from "../../ui/index.ts";
import { SaveDialog } from "./SaveDialog.tsx";
import { type LogLook, ViewOptions } from "./ViewOptions.tsx";

type Props = {
  bufferId: string;
  head: LogHead;
  filter: LogFilter | undefined;
  narrowed: boolean;
  look: LogLook;
  fold: boolean;
  follow: boolean;
  /** The bookmarks are shown. */
  marks: boolean;
  onFollow: (follow: boolean) => void;
  onLook: (look: LogLook) => void;
  onFold: (fold: boolean) => void;
  onMarks: () => void;
};

export function LogActions(props: Props) {
  const { bufferId, head, look, follow } = props;
  const { t } = useText();
  const [saving, setSaving] = useState(false);
  return (
    <div className="row tight spread">
      <Toggle label={t("logs.follow")} keys="f" on={follow} onClick={() => props.onFollow(!follow)}>
        <ArrowDownToLine size={15} />
      </Toggle>
      <Toggle
        spare
        label={t("logs.wrap")}
        keys="w"
        on={look.wrap}
        onClick={() => props.onLook({ ...look, wrap: !look.wrap })}
      >
        <WrapText size={15} />
      </Toggle>
      <Toggle label={t("logs.marks")} keys="b" on={props.marks} onClick={props.onMarks}>
        <Bookmark size={15} />
      </Toggle>
      {head.sources.some(({ ref }) => ref.kind !== "kept") && (
        <PinButton bufferId={bufferId} pinned={head.held.pinned} />
      )}
      <IconButton label={t("logs.save")} onClick={() => setSaving(true)}>
        <Download size={15} />
      </IconButton>
      <ViewOptions look={look} fold={props.fold} onLook={props.onLook} onFold={props.onFold} />
      {saving && (
        <SaveDialog
          bufferId={bufferId}
          filter={props.filter}
          rows={head.rows.next - head.rows.first}
          narrowed={props.narrowed}
          onClose={() => setSaving(false)}
        />
      )}
    </div>
  );
}

type ToggleProps = {
  label: string;
  keys?: string;
  on: boolean;
  /** It is left out where there is little room: it can be set elsewhere too. */
  spare?: boolean;
  children: ReactNode;
  onClick: () => void;
};

function Toggle({ label, keys, on, spare, children, onClick }: ToggleProps) {
  return (
    <IconButton
      label={label}
      {...(keys === undefined ? {} : { shortcut: keys })}
      aria-pressed={on}
      className={`${on ? "on" : ""}${spare ? " wide-only" : ""}`}
      onClick={onClick}
    >
      {children}
    </IconButton>
  );
}

function PinButton({ bufferId, pinned }: { bufferId: string; pinned: boolean }) {
  const { t, problem } = useText();
  const toast = useToast();
  const pin = useAction(async (client) => {
    await client.logs.pin({ bufferId, pinned: !pinned });
    toast({ tone: "ok", text: t(pinned ? "logs.unpinned" : "logs.pinned") });
  });
  const why = pin.problem ? `: ${problem(pin.problem).what}` : "";
  return (
    <Toggle label={`${t(pinned ? "logs.unpin" : "logs.pin")}${why}`} on={pinned} onClick={() => void pin.run()}>
      <Pin size={15} />
    </Toggle>
  );
}
