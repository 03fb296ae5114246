/** The desktop door. Everything that decides lives in the core; here are windows, menus and the rules around them. */
import { startDesktop } from "./shells/desktop/index.ts";

startDesktop(import.meta.dirname);
