import { z } from "zod";

/**
 * The published forms, written down from their specifications and stricter than these: no field that they do not name.
 * Sources: in-toto attestation framework, spec/v1 (statement, resource_descriptor, digest_set) and its protos for
 * slsa provenance v1 and test_result v0.1; https://slsa.dev/spec/v1.0/provenance.
 */

const TypeUri = z.string().regex(/^[a-z][a-z0-9+.-]*:\S+$/);
const DigestSet = z.record(z.string(), z.string().regex(/^[0-9a-f]{40,128}$/));
const Timestamp = z.iso.datetime();

const ResourceDescriptor = z
  .strictObject({
    name: z.string().optional(),
    uri: TypeUri.optional(),
    digest: DigestSet.optional(),
    content: z.base64().optional(),
    downloadLocation: TypeUri.optional(),
    mediaType: z.string().optional(),
    annotations: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(({ uri, digest, content }) => uri !== undefined || digest !== undefined || content !== undefined);

const Statement = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(ResourceDescriptor.refine(({ digest }) => Object.keys(digest ?? {}).length > 0)).min(1),
  predicateType: TypeUri,
});

export const Provenance = Statement.extend({
  predicateType: z.literal("https://slsa.dev/provenance/v1"),
  predicate: z.strictObject({
    buildDefinition: z.strictObject({
      buildType: TypeUri,
      externalParameters: z.record(z.string(), z.unknown()),
      internalParameters: z.record(z.string(), z.unknown()).optional(),
      resolvedDependencies: z.array(ResourceDescriptor).optional(),
    }),
    runDetails: z.strictObject({
      builder: z.strictObject({
        id: TypeUri,
        version: z.record(z.string(), z.string()).optional(),
        builderDependencies: z.array(ResourceDescriptor).optional(),
      }),
      metadata: z
        .strictObject({
          invocationId: z.string().optional(),
          startedOn: Timestamp.optional(),
          finishedOn: Timestamp.optional(),
        })
        .optional(),
      byproducts: z.array(ResourceDescriptor).optional(),
    }),
  }),
});

export const TestResult = Statement.extend({
  predicateType: z.literal("https://in-toto.io/attestation/test-result/v0.1"),
  predicate: z.strictObject({
    result: z.enum(["PASSED", "WARNED", "FAILED"]),
    configuration: z.array(ResourceDescriptor),
    url: TypeUri.optional(),
    passedTests: z.array(z.string()).optional(),
    warnedTests: z.array(z.string()).optional(),
    failedTests: z.array(z.string()).optional(),
  }),
});
