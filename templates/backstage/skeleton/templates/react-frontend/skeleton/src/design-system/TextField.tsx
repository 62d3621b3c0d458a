import "./design-system.css";

interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** Takes one line of text. The label belongs to the field, for the eye and for a screen reader. */
export function TextField({ label, value, onChange }: TextFieldProps) {
  return (
    <label className="ds-field">
      {label}
      <input value={value} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}
