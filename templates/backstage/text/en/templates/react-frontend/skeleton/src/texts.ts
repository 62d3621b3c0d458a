export const texts = {
  name: "Your name",
  greet: "Say hello",
  greeting: (name: string) => `Hello, ${name}!`,
};
