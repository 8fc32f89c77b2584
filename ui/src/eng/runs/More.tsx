// A button for more of a list that is read a page at a time.
import { Button } from "@mantine/core";

export function More({ text, shown, busy, onMore }: { text: string; shown: boolean; busy: boolean; onMore: () => void }) {
  if (!shown) return null;
  return (
    <Button mt="sm" disabled={busy} onClick={onMore}>
      {text}
    </Button>
  );
}
