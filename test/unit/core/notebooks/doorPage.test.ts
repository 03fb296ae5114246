import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import {
  type DoorLanguage,
  doorLanguage,
  sendDoor,
  sendDown,
  sendRefusal,
} from "../../../../electron/core/notebooks/doorPage.ts";

function answered(send: (response: ServerResponse) => void) {
  const said = { status: 0, headers: {} as Record<string, string>, body: "" };
  const response = {
    writeHead(status: number, headers: Record<string, string>) {
      Object.assign(said, { status, headers });
      return response;
    },
    end(body: string) {
      said.body = body;
    },
  };
  send(response as unknown as ServerResponse);
  return said;
}

describe("the language of our own pages", () => {
  test.each<[string, "system" | DoorLanguage, string | undefined, DoorLanguage]>([
    ["chosen in the program", "ru", "en", "ru"],
    ["chosen, whatever the browser wants", "en", "ru-RU,ru;q=0.9", "en"],
    ["the browser's", "system", "ru-RU,ru;q=0.9,en;q=0.8", "ru"],
    ["the first of the browser's that we speak", "system", "de-DE,de;q=0.9, ru;q=0.5", "ru"],
    ["none that we speak", "system", "fr", "en"],
    ["a browser that says nothing", "system", undefined, "en"],
  ])("%s", (_name, chosen, wanted, expected) => {
    const headers = wanted === undefined ? {} : { "accept-language": wanted };
    expect(doorLanguage(chosen, { headers })).toBe(expected);
  });
});

describe("our own pages", () => {
  const pages = (language: DoorLanguage) => ({
    door: answered((response) => sendDoor(response, language)),
    refusal: answered((response) => sendRefusal(response, language, "pass")),
    down: answered((response) => sendDown(response, language, "Connection refused", true)),
  });

  test.each(["en", "ru"] as const)("are all in %s, with the one script that the policy names", (language) => {
    for (const [name, { headers, body }] of Object.entries(pages(language))) {
      expect(body).toContain(`<html lang="${language}">`);
      const words = body.replace(/<script>[\s\S]*<\/script>|<style>[\s\S]*<\/style>|<[^>]*>|Gatehouse/g, "");
      expect(/[а-я]{4}/i.test(words)).toBe(language === "ru");
      const scripts = [...body.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text = ""]) => text);
      expect(scripts).toHaveLength(name === "door" ? 1 : 0);
      const policy = headers["content-security-policy"] ?? "";
      for (const text of scripts) {
        expect(policy).toContain(`script-src 'sha256-${createHash("sha256").update(text).digest("base64")}'`);
      }
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(headers["cache-control"]).toBe("no-store");
    }
  });

  test("what a server said stays text", () => {
    const { body } = answered((response) => sendDown(response, "en", `<img src=x onerror="a">&'`, true));
    expect(body).toContain("&#60;img src=x onerror=&#34;a&#34;&#62;&#38;&#39;");
    expect(body).not.toContain("<img");
  });

  test("a program that asks is told in a line, and when to ask again", () => {
    const said = answered((response) => sendDown(response, "en", "Connection refused", false));
    expect(said).toMatchObject({ status: 503, headers: { "retry-after": "2" } });
    expect(said.body).toBe(
      "The notebook server does not answer. This page tries again by itself. (Connection refused)",
    );
  });
});
