// A new version of a sequence: chosen, looked over, and kept only when somebody says so.
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { ask, type StationError } from "../../client/rest";
import { Failure } from "../parts/Asked";
import { askAgain, pathOf } from "../parts/queries";
import { Window } from "../parts/Window";
import { Findings } from "./Findings";
import css from "./Sequences.module.css";
import { addressOf, type Uploaded, type Validated } from "./types";

/** Milliseconds; the package's code is imported to look it over. */
const WITHIN = 90_000;

export function UploadDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("eng");
  const [file, setFile] = useState<File | null>(null);
  const check = useMutation<Validated, StationError, File>({
    mutationFn: (chosen) => ask("POST", "/api/sequences/validate", { file: chosen, within: WITHIN }),
  });
  const keep = useMutation<Uploaded, StationError, File>({
    mutationFn: (chosen) => ask("POST", "/api/sequences/upload", { file: chosen, within: WITHIN }),
    onSuccess: () => askAgain("/api/sequences"),
  });
  const pending = check.isPending || keep.isPending;
  const done = keep.data;
  return (
    <Window title={t("sequences.uploading.title")} size="xl" onClose={onClose}>
      <label>
        {t("sequences.uploading.file")}
        <input
          className={css["pick"]}
          type="file"
          accept=".zip,application/zip"
          disabled={pending}
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0] ?? null;
            setFile(chosen);
            keep.reset();
            check.reset();
            if (chosen !== null) check.mutate(chosen);
          }}
        />
      </label>
      <p className={css["note"]}>{t("sequences.uploading.hint")}</p>
      <div role="status">
        {check.isPending ? <p>{t("sequences.uploading.checking")}…</p> : null}
        {check.data === undefined || done !== undefined ? null : (
          <p>
            <strong>{t(check.data.valid ? "sequences.uploading.valid" : "sequences.uploading.invalid")}</strong>{" "}
            {check.data.findings.length === 0 ? t("sequences.uploading.clean") : null}
          </p>
        )}
        {done === undefined ? null : (
          <p>
            <strong>
              {t(done.new ? "sequences.uploading.kept" : "sequences.uploading.known", {
                name: done.package.name,
                version: done.package.version,
              })}
            </strong>{" "}
            <Link className={css["link"] ?? ""} href={pathOf(addressOf(done.package.name), { version: done.package.content_hash, tab: "slots" })}>
              {t("sequences.uploading.open")}
            </Link>
          </p>
        )}
      </div>
      {check.error === null ? null : <Failure error={check.error} />}
      {keep.error === null ? null : <Failure error={keep.error} />}
      {check.data === undefined ? null : <Findings findings={check.data.findings} />}
      <div className={css["buttons"]}>
        <Button onClick={onClose}>{t("sequences.uploading.close")}</Button>
        {done === undefined ? (
          <Button
            variant="filled"
            disabled={file === null || pending || check.data?.valid !== true}
            onClick={() => (file === null ? undefined : keep.mutate(file))}
          >
            {t(keep.isPending ? "sequences.uploading.keeping" : "sequences.uploading.keep")}
          </Button>
        ) : null}
      </div>
    </Window>
  );
}
