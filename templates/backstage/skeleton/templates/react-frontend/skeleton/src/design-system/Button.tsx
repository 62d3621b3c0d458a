import type { ReactNode } from "react";
import "./design-system.css";

interface ButtonProps {
  children: ReactNode;
  onPress: () => void;
  disabled?: boolean;
}

/** Starts something. */
export function Button({ children, onPress, disabled = false }: ButtonProps) {
  return (
    <button type="button" className="ds-button" onClick={onPress} disabled={disabled}>
      {children}
    </button>
  );
}
