import { CircleAlert, CircleCheck, X } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import { Button, IconButton } from "./Button.tsx";

type Toast = { id: number; tone: "ok" | "danger"; text: string; action?: { label: string; run: () => void } };
type Show = (toast: Omit<Toast, "id">) => void;

const ToastContext = createContext<Show>(() => {});

/** Says that something was done; the page itself must show it too. */
export function useToast(): Show {
  return useContext(ToastContext);
}

const lifeMs = 6000;

export function ToastProvider({ closeLabel, children }: { closeLabel: string; children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const counter = useRef(1);
  const drop = useCallback((id: number) => setToasts((now) => now.filter((toast) => toast.id !== id)), []);
  const show = useCallback<Show>(
    (toast) => {
      const id = counter.current++;
      setToasts((now) => [...now.slice(-3), { ...toast, id }]);
      // What went wrong stays until it is closed.
      if (toast.tone === "ok") setTimeout(() => drop(id), lifeMs);
    },
    [drop],
  );
  const list = useMemo(
    () => (
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className="toast">
            {toast.tone === "ok" ? (
              <CircleCheck size={15} className="tone-ok" aria-hidden="true" />
            ) : (
              <CircleAlert size={15} className="tone-danger" aria-hidden="true" />
            )}
            <span className="grow">{toast.text}</span>
            {toast.action && (
              <Button
                look="link"
                onClick={() => {
                  toast.action?.run();
                  drop(toast.id);
                }}
              >
                {toast.action.label}
              </Button>
            )}
            <IconButton small label={closeLabel} onClick={() => drop(toast.id)}>
              <X size={14} />
            </IconButton>
          </div>
        ))}
      </div>
    ),
    [toasts, drop, closeLabel],
  );
  return (
    <ToastContext.Provider value={show}>
      {children}
      {list}
    </ToastContext.Provider>
  );
}
