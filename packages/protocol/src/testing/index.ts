/** Placeholder; replaced by the real entry. */
export const placeholder = '@motia/protocol';
