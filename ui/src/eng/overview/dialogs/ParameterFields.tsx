// A field for each parameter of a sequence, as its description says.
import { Select, SimpleGrid, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { written } from "../../../shared/limits";
import type { ValueSpec } from "../../parts/values";
import type { Problem, Specs } from "../parameters";

interface Props {
  specs: Specs;
  entered: Readonly<Record<string, string>>;
  problems: Readonly<Record<string, Problem>>;
  onChange: (entered: Record<string, string>) => void;
}

export function ParameterFields({ specs, entered, problems, onChange }: Props) {
  const { t } = useTranslation("eng");
  const names = Object.entries(specs);
  if (names.length === 0) return <Text>{t("overview.startDialog.noParameters")}</Text>;
  return (
    <>
      <Text c="dimmed" mb="sm">
        {t("overview.startDialog.parametersHint")}
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {names.map(([name, spec]) => (
          <ParameterField
            key={name}
            name={name}
            spec={spec}
            value={entered[name] ?? ""}
            problem={problems[name]}
            onChange={(value) => onChange({ ...entered, [name]: value })}
          />
        ))}
      </SimpleGrid>
    </>
  );
}

interface FieldProps {
  name: string;
  spec: ValueSpec;
  value: string;
  problem: Problem | undefined;
  onChange: (value: string) => void;
}

function ParameterField({ name, spec, value, problem, onChange }: FieldProps) {
  const { t } = useTranslation("eng");
  const options = optionsOf();
  const same = {
    label: `${spec.display_name ?? name}${spec.unit ? ` (${spec.unit})` : ""}`,
    description: [spec.description, rangeOf(), spec.default == null ? "" : t("overview.startDialog.default", { value: written(spec.default) })]
      .filter((text) => text !== "")
      .join(" · "),
    placeholder: t("overview.startDialog.asSet"),
    error: problem === undefined ? undefined : t(`overview.startDialog.${problem}`),
  };
  if (options !== null) return <Select {...same} data={options} value={value === "" ? null : value} onChange={(chosen) => onChange(chosen ?? "")} clearable />;
  return <TextInput {...same} autoComplete="off" value={value} onChange={(event) => onChange(event.currentTarget.value)} />;

  function optionsOf(): { value: string; label: string }[] | null {
    if (spec.options) return spec.options.map((option) => ({ value: String(option), label: written(option) }));
    if (spec.type !== "boolean") return null;
    return [
      { value: "true", label: t("overview.startDialog.yes") },
      { value: "false", label: t("overview.startDialog.no") },
    ];
  }

  function rangeOf(): string {
    const { min, max } = spec;
    if (min != null && max != null) return t("overview.startDialog.range", { low: min, high: max });
    if (min != null) return t("overview.startDialog.atLeast", { low: min });
    return max != null ? t("overview.startDialog.atMost", { high: max }) : "";
  }
}
