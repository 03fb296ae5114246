export { ConfirmByName } from "./ConfirmByName.tsx";
export { EnvChip, isProduction, OriginChip, SimulatedChip, shortGpuName } from "./EnvChip.tsx";
export { FindingRow, ScoreMeter, SeverityChip, sortFindings } from "./Findings.tsx";
export { foldCommand } from "./foldCommand.ts";
export { offerFile } from "./offerFile.ts";
export { ProblemBanner } from "./ProblemBanner.tsx";
export { ProofView } from "./ProofView.tsx";
export { ageOf, Since } from "./Since.tsx";
export { containerTone, launchTone, linkTone } from "./tones.ts";
