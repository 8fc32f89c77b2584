// A button for fingers in gloves.
import type { ButtonHTMLAttributes } from "react";
import css from "./Button.module.css";

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className"> {
  tone?: "plain" | "main" | "pass" | "fail" | "stop";
  /** 120 instead of 88 pixels high. */
  big?: boolean;
  /** Whether it is chosen, where it is one of several. */
  chosen?: boolean;
  className?: string | undefined;
}

export function Button({ tone = "plain", big = false, chosen, className, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      {...(chosen === undefined ? {} : { "aria-pressed": chosen })}
      data-tone={tone}
      data-big={big}
      className={[css["button"], className].filter(Boolean).join(" ")}
    />
  );
}
