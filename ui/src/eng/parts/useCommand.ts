// Something that is asked of the station: pending, refused with a reason, or done.
import { useMutation, type UseMutationResult } from "@tanstack/react-query";
import { StationError } from "../../client/rest";
import { askAgain } from "./queries";

/** Ask for something; what is shown of the slots is asked for again, however it ended. */
export function useCommand<Wanted = void, Answer = unknown>(
  doing: (wanted: Wanted) => Promise<Answer>,
  done?: (answer: Answer, wanted: Wanted) => void,
): UseMutationResult<Answer, StationError, Wanted> {
  return useMutation<Answer, StationError, Wanted>({
    mutationFn: doing,
    onSuccess: (answer, wanted) => done?.(answer, wanted),
    onSettled: () => askAgain("/api/batches", "/api/prompts"),
  });
}
