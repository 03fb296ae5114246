/**
 * Loads a part of the page, and again after a moment when that failed: a network that changes under the browser cuts
 * off what is being fetched, and what `lazy` was refused once it never asks for again.
 */
export async function withRetry<T>(load: () => Promise<T>, pauseMs = 400, tries = 4): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await load();
    } catch (error) {
      if (attempt >= tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt));
    }
  }
}
