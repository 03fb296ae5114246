import { Boxes, BrainCircuit, type LucideIcon, MessageSquare, NotebookPen } from "lucide-react";
import type { Template } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Chip } from "../../ui/index.ts";

const icons: Record<Template["kind"], LucideIcon> = {
  chat: MessageSquare,
  infer: BrainCircuit,
  notebook: NotebookPen,
  none: Boxes,
};

export function TemplateCards(props: { templates: Template[]; value: string; onPick: (template: Template) => void }) {
  const { t, maybe } = useText();
  return (
    <fieldset className="fieldset">
      <legend>{t("launch.template")}</legend>
      <div className="cards">
        {props.templates.map((template) => {
          const Icon = icons[template.kind];
          const title = maybe(`template.${template.id}`) ?? template.id;
          return (
            <label key={template.id} className="card">
              <input
                type="radio"
                name="template"
                className="visually-hidden"
                checked={template.id === props.value}
                onChange={() => props.onPick(template)}
              />
              <span className="row">
                <Icon size={15} aria-hidden="true" />
                <strong className="truncate">{title}</strong>
              </span>
              <span className="secondary">
                {maybe(`template.${template.id}.text`) ?? t(`launch.kind.${template.kind}`)}
              </span>
              <span className="row wrap tight">
                <Chip square>{t(`launch.gpu.${template.gpu}`)}</Chip>
                {template.practiceOnly && (
                  <Chip square look="simulated">
                    {t("launch.practiceOnly")}
                  </Chip>
                )}
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
