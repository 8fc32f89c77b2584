// A field for one value, as the driver's description says: a choice, a yes or no, a number in its range, or a text.
import { NativeSelect, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { textOf, wrongWith, type ValueSpec } from "../parts/values";

interface Props {
  name: string;
  spec: ValueSpec;
  typed: string;
  onTyped: (typed: string) => void;
}

export function ValueField({ name, spec, typed, onTyped }: Props) {
  const { t } = useTranslation("eng");
  const unit = spec.unit ?? "";
  const label = `${spec.display_name ?? name}${unit === "" ? "" : ` (${unit})`}`;
  const wrong = wrongWith(spec, typed);
  const error = wrong === null || (wrong === "needed" && typed === "") ? null : t(`manual.${wrong}`);
  const hint = [spec.description, rangeOf()].filter((part) => part !== "").join(" · ");
  const common = { label, description: hint === "" ? undefined : hint, required: spec.required && spec.default == null, error };
  const byDefault = textOf(spec.default);

  function rangeOf(): string {
    if (spec.min != null && spec.max != null) return t("manual.range", { low: spec.min, high: spec.max, unit }).trim();
    if (spec.min != null) return t("manual.atLeast", { low: spec.min, unit });
    return spec.max == null ? "" : t("manual.atMost", { high: spec.max, unit });
  }

  if (spec.options != null || spec.type === "boolean") {
    const options = spec.options?.map(textOf).map((value) => ({ value, label: value })) ?? [
      { value: "true", label: t("manual.yes") },
      { value: "false", label: t("manual.no") },
    ];
    const nothing = { value: "", label: byDefault === "" ? "" : `${byDefault} ${t("manual.notSet")}` };
    return (
      <NativeSelect
        {...common}
        size="md"
        data={[nothing, ...options]}
        value={typed}
        onChange={(event) => onTyped(event.currentTarget.value)}
      />
    );
  }
  const number = spec.type === "integer" || spec.type === "float";
  return (
    <TextInput
      {...common}
      inputMode={number ? "decimal" : "text"}
      autoComplete="off"
      placeholder={byDefault}
      value={typed}
      onChange={(event) => onTyped(event.currentTarget.value)}
    />
  );
}
