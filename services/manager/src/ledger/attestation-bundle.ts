/** DSSE envelopes, one a line. Source: in-toto attestation framework, bundle layer v1. */
export function bundle(envelopes: readonly Buffer[]): Buffer {
  return Buffer.concat(envelopes.flatMap((envelope) => [envelope, Buffer.from("\n")]));
}
