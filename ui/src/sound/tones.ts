// The sounds of the screen, made by the browser: no files.

export type Sound = "accepted" | "refused" | "attention" | "tick" | "passed" | "failed" | "error";

/** Notes as [hertz, seconds]; 0 hertz is a pause. */
const SOUNDS: Record<Sound, readonly (readonly [number, number])[]> = {
  tick: [[1200, 0.03]],
  accepted: [
    [880, 0.07],
    [1320, 0.1],
  ],
  refused: [
    [220, 0.16],
    [0, 0.05],
    [220, 0.22],
  ],
  attention: [
    [740, 0.14],
    [0, 0.08],
    [740, 0.14],
    [0, 0.08],
    [988, 0.2],
  ],
  passed: [
    [660, 0.1],
    [880, 0.1],
    [1320, 0.22],
  ],
  failed: [
    [392, 0.2],
    [294, 0.2],
    [196, 0.4],
  ],
  error: [
    [494, 0.12],
    [370, 0.12],
    [494, 0.12],
    [370, 0.12],
  ],
};

const SOFT = 0.25;
let context: AudioContext | null = null;

/** Play a sound, if the browser lets the page: it does so once somebody has touched it. */
export function play(sound: Sound, volume: number): void {
  if (volume <= 0 || typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume().catch(() => undefined);
  let at = context.currentTime + 0.005;
  for (const [hertz, seconds] of SOUNDS[sound]) {
    if (hertz > 0) note(context, hertz, at, seconds, volume * SOFT);
    at += seconds;
  }
}

function note(audio: AudioContext, hertz: number, at: number, seconds: number, loudness: number): void {
  const oscillator = audio.createOscillator();
  const gain = audio.createGain();
  oscillator.type = "triangle";
  oscillator.frequency.value = hertz;
  // Without a soft beginning and end it clicks.
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + 0.008);
  gain.gain.setValueAtTime(loudness, at + seconds - 0.015);
  gain.gain.linearRampToValueAtTime(0, at + seconds);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}
