import { defineErrors } from '@motia/protocol';

/** Conditions of processes that connect to an engine over a socket. */
export const remoteErrors = defineErrors('SDK', {
  ENGINE_URL_INVALID: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly problem: string }) => `The address of the engine cannot be used: ${d.problem}`,
    remedy: 'Write tcp://host:port, tls://host:port or unix:///path/of.sock, as the engine prints it when it starts.',
  },
  ENGINE_TLS_UNREADABLE: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly variable: string; readonly file: string; readonly reason: string }) => `The file that ${d.variable} names, ${d.file}, cannot be read: ${d.reason}`,
    remedy: 'Point the variable at a readable PEM file.',
  },
  ENGINE_UNREACHABLE: {
    status: 503,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly address: string; readonly reason: string }) => `No connection to ${d.address}: ${d.reason}`,
    remedy: 'Check that the engine runs modules::worker::WorkerModule and listens there, and that nothing between blocks the port.',
  },
  ENGINE_SILENT: {
    status: 504,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly address: string; readonly silentMs: number }) => `The engine at ${d.address} gave no sign of life for ${Math.round(d.silentMs)} ms`,
    remedy: 'Look at the engine and at the network between; the process connects again by itself.',
  },
});
