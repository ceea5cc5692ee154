import { PROTOCOL_VERSION } from './generated/messages.js';
import type { Capabilities, InitializeParams } from './generated/messages.js';
import { ProtocolErrors } from './protocol-errors.js';

/** What one side of a handshake offers. */
export interface ProtocolOffer {
  /** Default: the version of this package. */
  readonly protocolVersion?: string;
  readonly capabilities: Capabilities;
}

/** What both sides can do. */
export interface ProtocolAgreement {
  /** The lower of the two versions; they have the same major. */
  readonly protocolVersion: string;
  readonly capabilities: Required<Capabilities>;
}

/**
 * Compares the params of `initialize` with what we offer.
 * @throws `MOTIA_PROTOCOL_VERSION_UNSUPPORTED` naming both versions when the majors differ or a version is unreadable
 */
export function negotiate(theirs: Pick<InitializeParams, 'protocolVersion' | 'capabilities'>, ours: ProtocolOffer): ProtocolAgreement {
  const ourVersion = ours.protocolVersion ?? PROTOCOL_VERSION;
  const theirVersion: unknown = theirs.protocolVersion;
  const mine = parseVersion(ourVersion);
  const other = parseVersion(theirVersion);
  if (mine === undefined || other === undefined || mine.major !== other.major) {
    throw ProtocolErrors.VERSION_UNSUPPORTED({ ours: ourVersion, theirs: typeof theirVersion === 'string' && theirVersion !== '' ? theirVersion : 'an unnamed version' });
  }
  const both = (name: keyof Capabilities): boolean => theirs.capabilities?.[name] === true && ours.capabilities[name] === true;
  return {
    protocolVersion: other.minor < mine.minor ? (theirVersion as string) : ourVersion,
    capabilities: { rawBodies: both('rawBodies'), channels: both('channels'), telemetry: both('telemetry') },
  };
}

function parseVersion(version: unknown): { major: number; minor: number } | undefined {
  const match = typeof version === 'string' ? /^(\d{1,4})\.(\d{1,4})$/.exec(version) : null;
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}
