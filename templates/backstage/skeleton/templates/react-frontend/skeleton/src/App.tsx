import { useState } from "react";
import { Button, Page, TextField } from "./design-system";
import { project } from "./project";
import { texts } from "./texts";

/** A first page, to be replaced: asks for a name and greets. */
export function App() {
  const [name, setName] = useState("");
  const [greeted, setGreeted] = useState("");
  return (
    <Page title={project}>
      <TextField label={texts.name} value={name} onChange={setName} />
      <Button onPress={() => setGreeted(name)} disabled={name === ""}>
        {texts.greet}
      </Button>
      <p role="status">{greeted && texts.greeting(greeted)}</p>
    </Page>
  );
}
