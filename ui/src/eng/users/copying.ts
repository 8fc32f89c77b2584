// Copies a text. The browser's clipboard is for pages over https alone; over http the field's text is copied as by hand.

/** Copy a text that stands in a field; gives whether it was. */
export async function copied(text: string, field: HTMLInputElement | null): Promise<boolean> {
  if (window.isSecureContext) {
    const done = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    if (done) return true;
  }
  field?.focus();
  field?.select();
  // There is no other way over http, which is why browsers keep it.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
  return document.execCommand("copy");
}
