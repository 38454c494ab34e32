namespace StateSpace.Models.Tests;

/// <summary>Recorded model folders, copied beside the tests.</summary>
internal static class GoldenFolder
{
    public static string Of(string name) => Path.Combine(AppContext.BaseDirectory, "golden", name);

    /// <summary>Copies a recorded model into a folder, to be changed there.</summary>
    public static void Copy(string name, string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.EnumerateFiles(Of(name))) File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
    }
}
