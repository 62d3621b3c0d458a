import type { ReactNode } from "react";
import "./design-system.css";

interface PageProps {
  title: string;
  children: ReactNode;
}

/** A page: its title, and what is on it. */
export function Page({ title, children }: PageProps) {
  return (
    <main className="ds-page">
      <h1>{title}</h1>
      {children}
    </main>
  );
}
