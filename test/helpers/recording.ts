/**
 * A client that notes everything that the core said through it: results, streamed values, errors. What was asked is not
 * noted, since a person's input is not what left the core.
 */
export function recording<T extends object>(client: T): { client: T; said: () => string } {
  const heard: string[] = [];
  const note = (value: unknown) => heard.push(JSON.stringify(value) ?? "");

  async function* noted(source: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    for await (const value of source) {
      note(value);
      yield value;
    }
  }

  function wrap(target: object): object {
    return new Proxy(target, {
      get(object, key) {
        const value = Reflect.get(object, key);
        return typeof value === "function" || (typeof value === "object" && value !== null) ? wrap(value) : value;
      },
      apply(call, self, args) {
        const result: unknown = Reflect.apply(call as (...args: unknown[]) => unknown, self, args);
        if (!(result instanceof Promise)) return result;
        return result.then(
          (value: unknown) => {
            if (typeof value === "object" && value !== null && Symbol.asyncIterator in value)
              return noted(value as AsyncIterable<unknown>);
            note(value);
            return value;
          },
          (error: unknown) => {
            const { name, message, stack, ...rest } = error as Error;
            note({ name, message, stack, ...rest });
            throw error;
          },
        );
      },
    });
  }

  return { client: wrap(client) as T, said: () => heard.join("\n") };
}
