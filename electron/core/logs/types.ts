/** What the masker does for the rooms that are not the log room. */
export interface MaskGuard {
  /** Masks every registered value in `text`, in each of its encodings. */
  text(text: string): string;
  /** The same on bytes; returns the very same array when nothing was hit. */
  bytes(bytes: Uint8Array): Uint8Array;
  /** Masks all strings inside plain data (objects, arrays); other values pass. */
  data<T>(value: T): T;
}

/** Where one secret was found in a haystack: for the exposure proof. */
export interface MaskHit {
  name: string;
  /** `raw`, `base64`, `base64url`, `url`, `json`, `hex`, … */
  encoding: string;
  offset: number;
}
