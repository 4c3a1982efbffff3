// What a new shop has. It has no method that lists people or products, so the page knows them.

export const CUSTOMERS = [
  { id: "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001", name: "Ada" },
  { id: "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a002", name: "Grace" },
  { id: "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a003", name: "Mallory, suspended" },
];

export const PRODUCTS = ["keyboard", "mouse", "monitor", "cable", "teapot"];
