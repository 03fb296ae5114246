import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./Button.tsx";

type CopyProps = { text: string; label: string; doneLabel: string; small?: boolean; iconOnly?: boolean };

/** Copies plain text that is no secret, and says that it did. */
export function CopyButton({ text, label, doneLabel, small = true, iconOnly }: CopyProps) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1600);
    return () => clearTimeout(timer);
  }, [done]);
  const icon = done ? <Check size={14} className="tone-ok" /> : <Copy size={14} />;
  const act = () => void navigator.clipboard.writeText(text).then(() => setDone(true));
  if (iconOnly) {
    return (
      <IconButton small={small} label={done ? doneLabel : label} onClick={act}>
        {icon}
      </IconButton>
    );
  }
  return (
    <Button small={small} look="quiet" icon={icon} onClick={act}>
      {done ? doneLabel : label}
    </Button>
  );
}

/** Text as it is; with `copy`, its name and a button stand above it. */
export function CodeBlock({
  text,
  copy,
  wrap,
  tall,
  label,
}: {
  text: string;
  copy?: { label: string; doneLabel: string };
  wrap?: boolean;
  tall?: boolean;
  label: string;
}) {
  return (
    <section className={`codeblock${wrap ? " wrap" : ""}${tall ? " tall" : ""}`} aria-label={label}>
      {copy && (
        <header>
          <h3>{label}</h3>
          <CopyButton text={text} {...copy} />
        </header>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}
