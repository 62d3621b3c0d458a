export const project = "${{ values.name }}";
