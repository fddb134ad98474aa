// Listening to the visitor, and reading answers out.

import { holding, send, words } from "./api.js";
import { announce, fill, icon, iconButton, toast } from "./dom.js";

// What models of speech work with; more would only be larger.
const RATE = 16_000;
// Nobody asks a longer question; it also is less than what the server takes.
const LONGEST = 10 * 60_000;

/** A button that writes down what is said; `null` where the browser has no microphone for this page. */
export function microphone(heard) {
  if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === "undefined") return null;
  let recorder = null;
  const button = iconButton("mic", "Speak your question", { class: "icon-button microphone", "aria-pressed": "false", onclick: () => (recorder ? recorder.stop() : record()) });
  const draw = (recording) => {
    button.setAttribute("aria-pressed", String(recording));
    button.setAttribute("aria-label", recording ? "Stop listening" : "Speak your question");
    button.title = button.getAttribute("aria-label");
    fill(button, icon(recording ? "stop" : "mic"));
  };

  async function record() {
    button.disabled = true;
    try {
      const source = await navigator.mediaDevices.getUserMedia({ audio: true });
      recorder = new MediaRecorder(source);
      const pieces = [];
      const limit = setTimeout(() => recorder?.stop(), LONGEST);
      recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
      recorder.addEventListener("stop", () => {
        clearTimeout(limit);
        recorder = null;
        for (const track of source.getTracks()) track.stop();
        write(new Blob(pieces));
      }, { once: true });
      recorder.start();
      draw(true);
      announce("Listening");
    } catch (fault) {
      toast(fault?.name === "NotAllowedError" ? "This page may not use the microphone. Allow it in the browser's settings." : "There is no microphone that can be used.");
    }
    button.disabled = false;
  }

  async function write(recording) {
    draw(false);
    button.disabled = true;
    try {
      const form = holding(await asWave(recording), "question.wav");
      const { text } = await (await send("POST", "/audio-to-text", { form })).json();
      if (text.trim()) heard(text.trim());
      else toast("Nothing was understood. Please try again.");
    } catch (fault) {
      toast(words(fault));
    }
    button.disabled = false;
  }

  return button;
}

/** What a browser has recorded, in a form that every model takes. */
async function asWave(recording) {
  const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await recording.arrayBuffer());
  const samples = sound.getChannelData(0);
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const mark = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  mark(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  mark(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // Samples as they are,
  view.setUint16(22, 1, true); // of one channel,
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true); // with 16 bits.
  mark(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, at) => view.setInt16(44 + at * 2, Math.max(-1, Math.min(1, sample)) * 0x7fff, true));
  return new Blob([view], { type: "audio/wav" });
}

// One voice at a time.
let silence = null;

/** Somebody speaks from now on, alone. `stop`: what silences them. */
export function alone(stop) {
  silence?.();
  silence = stop;
}

/** They speak no more. */
export function silenced(stop) {
  if (silence === stop) silence = null;
}

/** Silences whoever speaks. */
export const hush = () => silence?.();

/** A button that reads something out. `what`: says what, as the request names it. */
export function readAloud(what) {
  const button = iconButton("sound", "Read aloud", { class: "icon-button read-aloud", "aria-pressed": "false", onclick: () => (button.getAttribute("aria-pressed") === "true" ? hush() : read()) });

  async function read() {
    const stopping = new AbortController();
    const player = new Audio();
    const stop = () => {
      stopping.abort();
      player.pause();
      if (player.src) URL.revokeObjectURL(player.src);
      button.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-busy", "false");
      silenced(stop);
    };
    alone(stop);
    button.setAttribute("aria-pressed", "true");
    button.setAttribute("aria-busy", "true");
    try {
      const response = await send("POST", "/text-to-audio", { json: what(), signal: stopping.signal });
      const sound = await response.blob();
      if (!sound.type.startsWith("audio/")) throw new Error("There is nothing to be read out.");
      player.src = URL.createObjectURL(sound);
      player.addEventListener("ended", stop);
      await player.play();
      button.setAttribute("aria-busy", "false");
    } catch (fault) {
      if (!stopping.signal.aborted) toast(fault?.name === "NotSupportedError" ? "The sound cannot be played." : words(fault));
      stop();
    }
  }

  return button;
}
