using System.CommandLine;
using StateSpace.Cli.Terminal;
using StateSpace.Studies;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm study</c>: the published experiments.</summary>
internal static class StudyCommand
{
    public static Command Create(IReadOnlyList<IStudy> studies)
    {
        var command = new ProgramCommand(
            "study",
            "List, run and show studies: published experiments that this program re-runs.",
            ("ssm study list", "the studies that can be run"),
            ("ssm study run NAME", "run one and write its report"),
            ("ssm study show runs/NAME-quick", "the outcome of a run"));
        command.Subcommands.Add(StudyListCommand.Create(studies));
        command.Subcommands.Add(StudyRunCommand.Create(studies));
        command.Subcommands.Add(StudyShowCommand.Create(studies));
        return command;
    }

    /// <summary>The study of that name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static IStudy Find(IReadOnlyList<IStudy> studies, string name) =>
        studies.FirstOrDefault(study => study.Description.Name == name)
        ?? throw new UsageException(
            $"there is no study '{name}'{ClosestName.Hint(name, studies.Select(study => study.Description.Name))}; 'ssm study list' lists them");
}
