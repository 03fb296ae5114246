/** What the stand-in knows of the program's state, and the errors of Electron's own rules. */
export const state = {
  ready: false,
  /** What the program did to the outside world; tests read it. */
  journal: { opened: [] as string[], notified: [] as { title: string; body: string }[], errors: [] as string[] },
};

export function afterReady(what: string): void {
  if (!state.ready) throw new Error(`${what} cannot be used before app is ready`);
}

export function beforeReady(what: string): void {
  if (state.ready) throw new Error(`${what} should be called before app is ready`);
}

/** An object that tells at once when something is used that the stand-in has not. */
export function strict<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      if (key in object || typeof key === "symbol" || key === "then" || key === "toJSON") {
        return Reflect.get(object, key, receiver);
      }
      throw new Error(`the stand-in of electron has no ${name}.${key}`);
    },
  });
}

/** An event with `preventDefault`, as Electron's emitters give it. */
export function createEvent<T extends object>(fields: T) {
  return Object.assign(new PreventableEvent(), fields);
}

class PreventableEvent {
  #prevented = false;

  preventDefault(): void {
    this.#prevented = true;
  }
  get defaultPrevented(): boolean {
    return this.#prevented;
  }
}
