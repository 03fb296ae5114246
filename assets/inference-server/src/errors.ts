/** Machine-readable words of the one error shape `{"error":{"code","message","request_id"}}`. */
export type ApiErrorCode =
  | "bad_json"
  | "unknown_backend"
  | "key_refused"
  | "not_found"
  | "model_not_found"
  | "method_not_allowed"
  | "body_timeout"
  | "not_loaded"
  | "wrong_backend"
  | "busy"
  | "body_too_large"
  | "unsupported_media_type"
  | "invalid_body"
  | "malformed_request"
  | "internal"
  | "runtime_missing"
  | "waiting_for_key";

/**
 * An answer other than 200 that was foreseen. `message` is fixed text: it may hold names that belong to this server
 * or to the model, never anything out of the request, since a caller who misplaces a secret must not get it back
 * in a text that somebody logs.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: ApiErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ApiErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** 422: the JSON is well formed, its content is not what the call takes. */
export function invalid(message: string): ApiError {
  return new ApiError(422, "invalid_body", message);
}

export interface ErrorBody {
  error: { code: ApiErrorCode; message: string; request_id: string };
}

export function errorBody(code: ApiErrorCode, message: string, requestId: string): ErrorBody {
  return { error: { code, message, request_id: requestId } };
}
