export const texts = {
  name: "이름",
  greet: "인사하기",
  greeting: (name: string) => `${name} 님, 안녕하세요!`,
};
