import { percent } from "../lib/format.ts";
import { Track } from "../parts/measure.tsx";
import { type Confidence, type ConfidencePart, confidenceGaps, confidenceParts } from "./confidence-parts.ts";

/** How much speaks for the verdicts: the number, what it is computed from, and what keeps it from being higher. */
export function ConfidenceCard({ confidence }: { confidence: Confidence }) {
  const [widest, ...others] = confidenceGaps(confidence);
  return (
    <section class="card confidence" aria-labelledby="confidence">
      <h3 id="confidence">Confidence</h3>
      <Ring score={confidence.score} />
      <div class="confidence-said">
        <p class="lead">{meaningOf(confidence)}</p>
        {confidence.assembled && (
          <p>
            Tests like these are estimated to notice {percent(confidence.mistakes_noticed)} of the honest mistakes in
            what they reach.
          </p>
        )}
        <p>
          {widest === undefined ? (
            "Nothing is missing of what is counted."
          ) : (
            <>
              Widest gap: <strong class="gap">{widest}</strong>
              {others.length > 0 && `; besides ${others.join(", ")}`}.
            </>
          )}
        </p>
        <p class="hint">
          It is no probability that the software is right: nobody knows how many mistakes there were to notice, and
          nobody looked at what the PRD does not say. <a href="#/auditor">How often the Auditor itself was wrong</a>
        </p>
      </div>
      <ul class="parts">
        {confidenceParts(confidence).map((part) => (
          <PartRow key={part.label} part={part} />
        ))}
      </ul>
    </section>
  );
}

function meaningOf({ requirements, requirements_passed, assembled }: Confidence): string {
  if (requirements === 0) return "No requirement is in scope.";
  const held =
    requirements_passed === requirements
      ? "Every requirement in scope holds"
      : `${requirements_passed} of ${requirements} requirements in scope ${requirements_passed === 1 ? "holds" : "hold"}`;
  return assembled ? `${held}, and the product was accepted as a whole.` : `${held}.`;
}

function PartRow({ part: { label, part, of, said, level } }: { part: ConfidencePart }) {
  return (
    <li>
      <span class="part-label">{label}</span>
      <span class={`part-said ${of === 0 ? "unknown" : level}`}>{said}</span>
      <Track part={part} of={of} level={level} />
    </li>
  );
}

/** The number in a ring that is as full as the number is high. */
function Ring({ score }: { score: number }) {
  return (
    <p class="ring">
      <svg viewBox="0 0 120 120" aria-hidden="true">
        <circle cx="60" cy="60" r="52" class="ring-all" />
        <circle cx="60" cy="60" r="52" class="ring-part" pathLength="1" stroke-dasharray={`${score} 1`} />
      </svg>
      <span class="ring-said">
        <strong>{score.toFixed(3)}</strong> <small>of 1</small>
      </span>
    </p>
  );
}
