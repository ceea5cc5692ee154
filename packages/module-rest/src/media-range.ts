/** A set of media types and ranges: `image/png`, `image/*`, `application/*+json`. */
export class MediaRanges {
  readonly #patterns: readonly RegExp[];

  constructor(readonly ranges: readonly string[]) {
    this.#patterns = ranges.map((range) => new RegExp(`^${range.toLowerCase().replace(/[.+]/g, '\\$&').replaceAll('*', '[^/]+')}$`));
  }

  /** Whether a Content-Type is in the set; parameters do not count. A body without one is `application/octet-stream`. */
  includes(contentType: string | undefined): boolean {
    const type = (contentType ?? 'application/octet-stream').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    return this.#patterns.some((pattern) => pattern.test(type));
  }
}
