// What all interop programs here share.

export const ECHO_INITIAL = "x-grpc-test-echo-initial";
export const ECHO_TRAILING = "x-grpc-test-echo-trailing-bin";

/** The sizes of the requests and of the responses of the streaming cases. */
export const REQUESTS = [27182, 8, 1828, 45904];
export const RESPONSES = [31415, 9, 2653, 58979];

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
