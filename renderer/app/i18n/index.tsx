/** The words of the program in the reader's language, with numbers, times and sizes written as that language writes them. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { createIntl, createIntlCache, type IntlShape } from "react-intl";
import type { Problem } from "../../../electron/contract/index.ts";
import { withRetry } from "../retry.ts";
import { en, type MessageId } from "./en.ts";
import { createFormats, type Formats } from "./formats.ts";

export type { MessageId } from "./en.ts";
export type Language = "en" | "ru";
export type Values = Record<string, string | number>;

export interface Text {
  language: Language;
  t: (id: MessageId, values?: Values) => string;
  /** A text whose id is known at run time alone; null when the catalogue has none. */
  maybe: (id: string, values?: Record<string, string | number | boolean>) => string | null;
  /** Words for what the core says as `code` or `code: values`, by `<group>.<code>`; what has none stands as it is. */
  said: (group: keyof typeof groups, what: string) => string;
  /** What happened, and what to do next. */
  problem: (problem: Problem) => { what: string; hint: string };
  fmt: Formats;
}

const groups = {
  note: (code: string) => `note.${code}`,
  reason: (code: string) => `reason.${code}`,
  warning: (code: string) => `warning.${code}`,
};

type Catalogue = Record<MessageId, string>;

const cache = createIntlCache();

export function createText(language: Language, catalogue: Catalogue, onGap?: (id: string) => void): Text {
  const intl: IntlShape = createIntl(
    {
      locale: language === "en" ? "en-GB" : "ru",
      messages: catalogue,
      onError: (error) => onGap?.(error.message),
    },
    cache,
  );
  const t: Text["t"] = (id, values) => intl.formatMessage({ id }, values ?? {});
  const maybe: Text["maybe"] = (id, values = {}) => {
    if (!Object.hasOwn(catalogue, id)) return null;
    const message = catalogue[id as MessageId];
    return intl.formatMessage({ id }, withoutHoles(message, values));
  };
  const said: Text["said"] = (group, what) => {
    const [, code = "", values = ""] = /^([a-z][a-z-]*)(?:: (.*))?$/s.exec(what) ?? [];
    const [a = "", b = ""] = values.split(" ");
    return maybe(groups[group](code), { what: values, a, b }) ?? what;
  };
  const problem: Text["problem"] = ({ code, details }) => {
    const { reason } = details;
    const known = typeof reason === "string" ? { ...details, reason: said("reason", reason) } : details;
    return {
      what: maybe(`error.${code}`, known) ?? t("error.INTERNAL"),
      hint: maybe(`error.${code}.hint`, known) ?? t("error.INTERNAL.hint"),
    };
  };
  return {
    language,
    t,
    maybe,
    said,
    problem,
    fmt: createFormats(intl),
  };
}

/**
 * An error may lack a detail that the sentence names: a dash is better than no sentence. Where the sentence asks whether
 * it is there (`{reason, select, none {} other {…}}`), it is `none`.
 */
function withoutHoles(message: string, values: Record<string, string | number | boolean>): Values {
  const filled: Values = {};
  for (const [name, value] of Object.entries(values)) filled[name] = typeof value === "boolean" ? String(value) : value;
  for (const [, name = "", select] of message.matchAll(/\{(\w+)(, select)?/g)) {
    if (filled[name] === undefined || filled[name] === "") filled[name] = select ? "none" : "—";
  }
  return filled;
}

const TextContext = createContext<Text>(createText("en", en));

export function useText(): Text {
  return useContext(TextContext);
}

/** Loads the other catalogue when it is wanted; until then the one before stays. */
export function TextProvider({ language, children }: { language: Language; children: ReactNode }) {
  const [loaded, setLoaded] = useState<{ language: Language; catalogue: Catalogue }>({ language: "en", catalogue: en });
  useEffect(() => {
    document.documentElement.lang = language;
    if (language === "en") {
      setLoaded({ language, catalogue: en });
      return;
    }
    let current = true;
    void withRetry(() => import("./ru.ts")).then(({ ru }) => {
      if (current) setLoaded({ language, catalogue: ru });
    });
    return () => {
      current = false;
    };
  }, [language]);
  const text = useMemo(() => createText(loaded.language, loaded.catalogue), [loaded]);
  return <TextContext.Provider value={text}>{children}</TextContext.Provider>;
}
