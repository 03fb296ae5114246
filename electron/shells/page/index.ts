/** What both doors serve: the built page, and the rules that it runs under. */
export { type Asset, loadAssets } from "./assets.ts";
export { openableLink } from "./links.ts";
export { contentSecurityPolicy, pageHeaders } from "./policy.ts";
