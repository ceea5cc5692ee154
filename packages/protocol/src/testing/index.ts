export { playTranscript } from './play-transcript.js';
export type { PlayOptions, TranscriptSubject } from './play-transcript.js';
export { loadTranscripts, parseTranscript } from './transcript.js';
export type { Transcript, TranscriptAction, TranscriptStep, TranscriptTraffic } from './transcript.js';
