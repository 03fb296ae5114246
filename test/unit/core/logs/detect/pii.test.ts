import { describe, expect, test } from "vitest";
import { iban, inn, luhn, snils } from "../../../../../electron/core/logs/detect/checks.ts";
import { personal, screened } from "./setup.ts";

describe("check digits", () => {
  test.each<[string, (digits: string) => boolean, string, string]>([
    ["Luhn", luhn, "4111111111111111", "4111111111111112"],
    ["Luhn, odd length", luhn, "378282246310005", "378282246310015"],
    ["IBAN", iban, "DE89370400440532013000", "DE88370400440532013000"],
    ["IBAN with letters", iban, "GB82WEST12345698765432", "GB82WEST12345698765423"],
    ["SNILS", snils, "11223344595", "11223344596"],
    ["SNILS whose sum is 100 modulo 101", snils, "08765430300", "08765430301"],
    ["INN of a firm", inn, "7707083893", "7707083894"],
    ["INN of a person", inn, "500100732259", "500100732258"],
  ])("%s", (_name, check, good, bad) => {
    expect([check(good), check(bad), check("")]).toEqual([true, false, false]);
  });
});

describe("personal data", () => {
  test.each<[string, string, string]>([
    ["e-mail", "from=ada.lovelace+x@mail.example.org,", "from=[detected:email],"],
    ["e-mail at the end of a sentence", "Ask ada@example.org.", "Ask [detected:email]."],
    ["phone, E.164", "tel:+14155552671", "tel:[detected:phone]"],
    ["phone with blanks", "call +44 20 7946 0958 now", "call [detected:phone] now"],
    ["Russian phone with a plus", "тел. +7 (916) 123-45-67", "тел. [detected:phone]"],
    ["Russian phone as dialled", "8 (495) 123-45-67", "[detected:phone]"],
    ["Russian mobile in one run", "phone=89161234567", "phone=[detected:phone]"],
    ["card", "pan=4111111111111111", "pan=[detected:card]"],
    ["card in groups", "Карта 5555 5555 5555 4444.", "Карта [detected:card]."],
    ["card of MIR", "2200-0000-0000-0004", "[detected:card]"],
    ["American Express", "3782 822463 10005", "[detected:card]"],
    ["IBAN", "IBAN DE89370400440532013000", "IBAN [detected:iban]"],
    ["IBAN in groups", "GB82 WEST 1234 5698 7654 32!", "[detected:iban]!"],
    ["passport", "паспорт 45 10 123456 выдан", "паспорт [detected:ru-passport] выдан"],
    ["passport, series in one", "Passport: 4510 123456", "Passport: [detected:ru-passport]"],
    ["SNILS as printed", "112-233-445 95", "[detected:snils]"],
    ["SNILS in one run", "СНИЛС: 11223344595", "СНИЛС: [detected:snils]"],
    ["INN of a firm", "ИНН 7707083893", "ИНН [detected:inn]"],
    ["INN of a person", '{"inn":"500100732259"}', '{"inn":"[detected:inn]"}'],
  ])("%s", (_name, line, expected) => {
    expect(screened(line, personal)).toBe(expected);
  });

  test.each<[string, string]>([
    ["a unit", "Started getty@tty1.service"],
    ["a repository", "git@github.com:team/project.git"],
    ["a host without a domain", "root@gpu-01"],
    ["a digest behind an at sign", `image@sha256:${"a1".repeat(32)}`],
    ["a version behind an at sign", "react@19.3.1"],
    ["a card with a wrong check digit", "4111111111111112"],
    ["a card of no network", "9111111111111111"],
    ["a card in a longer number", "41111111111111110000"],
    ["a card in a word", "id4111111111111111x"],
    ["zeros", "0000 0000 0000 0000"],
    ["an IBAN with a wrong check", "DE88370400440532013000"],
    ["an IBAN of no country", "ZZ89370400440532013000"],
    ["ten digits without a word", "1700000000 7707083893"],
    ["an INN with a wrong check digit", "ИНН 7707083894"],
    ["INN inside another word", "dinner 7707083893"],
    ["a SNILS with a wrong check", "112-233-445 96"],
    ["a passport without a word", "45 10 123456"],
    ["times", "2026-11-22 10:11:12.123456 1700000000123 1700000000123456789"],
    ["a UUID", "550e8400-e29b-41d4-a716-446655440000"],
    ["an address and a port", "192.168.100.200:49152 10.0.0.1"],
    ["a table of numbers", "12 34 56 78 90 12 34 56 78 90"],
    ["GPU memory", "73728MiB / 81920MiB 8 300 4000 70"],
  ])("is left alone: %s", (_name, line) => {
    expect(screened(line, personal)).toBe(line);
  });

  test("is off at first", () => {
    const line = "ada@example.org 4111111111111111 +14155552671";
    expect(screened(line)).toBe(line);
  });
});
