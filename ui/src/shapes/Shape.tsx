// The sign of each look: a shape of its own, so that nobody needs the colour.
import type { Look } from "../op/look";

const STROKE = { fill: "none", stroke: "currentColor", strokeWidth: 9, strokeLinecap: "round", strokeLinejoin: "round" } as const;

export function Shape({ look, className }: { look: Look; className?: string | undefined }) {
  return (
    <svg viewBox="0 0 100 100" className={className} aria-hidden="true" focusable="false">
      {drawn(look)}
    </svg>
  );
}

function drawn(look: Look) {
  switch (look) {
    case "PASSED":
      return (
        <g {...STROKE}>
          <circle cx="50" cy="50" r="44" />
          <path d="M28 52l16 16 29-34" />
        </g>
      );
    case "FAILED":
      return (
        <g {...STROKE}>
          <path d="M32 6h36l26 26v36L68 94H32L6 68V32z" />
          <path d="M35 35l30 30M65 35L35 65" />
        </g>
      );
    case "ERROR":
      return (
        <g {...STROKE}>
          <path d="M50 8L95 90H5z" />
          <path d="M50 38v24M50 77v.5" />
        </g>
      );
    case "ABORTED":
      return (
        <g {...STROKE}>
          <rect x="8" y="8" width="84" height="84" rx="8" />
          <path d="M30 50h40" />
        </g>
      );
    case "attention":
      return (
        <g {...STROKE}>
          <path d="M50 5l45 45-45 45L5 50z" />
          <path d="M41 40a9 9 0 1 1 13 8c-3 2-4 4-4 7M50 68v.5" strokeWidth="7" />
        </g>
      );
    case "running":
      return <path d="M24 12v76l62-38z" fill="currentColor" />;
    case "paused":
      return <path d="M22 12h20v76H22zM58 12h20v76H58z" fill="currentColor" />;
    case "cleaning":
      return (
        <g {...STROKE}>
          <path d="M86 50a36 36 0 1 1-11-26" />
          <path d="M78 6v20H58" />
        </g>
      );
    case "ready":
      return (
        <g {...STROKE}>
          <circle cx="50" cy="50" r="44" />
          <path d="M42 32v36l28-18z" fill="currentColor" />
        </g>
      );
    case "manual":
      return (
        <g {...STROKE}>
          <path d="M30 55V28a8 8 0 0 1 16 0v20V16a8 8 0 0 1 16 0v34V26a8 8 0 0 1 16 0v38c0 18-10 30-27 30-14 0-20-6-27-18L16 60a8 8 0 0 1 14-5z" strokeWidth="7" />
        </g>
      );
    case "quarantine":
      return (
        <g {...STROKE}>
          <rect x="16" y="44" width="68" height="48" rx="6" />
          <path d="M30 44V30a20 20 0 0 1 40 0v14" />
        </g>
      );
    case "offline":
      return (
        <g {...STROKE}>
          <circle cx="50" cy="50" r="42" />
          <path d="M20 20l60 60" />
        </g>
      );
    case "idle":
      return <circle cx="50" cy="50" r="42" {...STROKE} strokeDasharray="4 16" />;
  }
}
