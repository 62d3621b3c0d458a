export { Button } from "./Button";
export { Page } from "./Page";
export { TextField } from "./TextField";
export { applyTokens } from "./tokens";
