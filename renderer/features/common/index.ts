export { EnvChip, isProduction, SimulatedChip } from "./EnvChip.tsx";
export { ConfirmByName } from "./ConfirmByName.tsx";
export { FindingRow, ScoreMeter, SeverityChip, sortFindings } from "./Findings.tsx";
export { ageOf, Since } from "./Since.tsx";
export { ProblemBanner } from "./ProblemBanner.tsx";
export { containerTone, linkTone, launchTone } from "./tones.ts";
export { ProofView } from "./ProofView.tsx";
