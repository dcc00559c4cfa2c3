#include "bindings/observe/sites.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bindings/compat.hpp"
#include "bindings/observe/frames.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <dlfcn.h>
#endif

namespace flopscope::bindings {
namespace {

// A line of a function, or in stacks a line called from another site.
struct Site {
  PyObject* code;  // owned, so that its address stays taken
  int line;
  SiteId parent;  // 0: nobody's
};

// Programs that make code without end must not fill the memory.
constexpr std::size_t k_most_sites = 1'000'000;
constexpr SiteId k_unknown = 0;
constexpr SiteId k_skipped = ~SiteId{0};     // a frame of NumPy or of Python's own machinery
constexpr SiteId k_library = k_skipped - 1;  // a frame of the library

std::vector<Site> sites{{nullptr, 0, 0}};
std::vector<std::string> library_folders;
std::vector<std::string> skipped_folders;

struct Spot {
  PyObject* code = nullptr;
  int instruction = -1;
  bool operator==(const Spot& other) const noexcept {
    return code == other.code && instruction == other.instruction;
  }
};

std::uint64_t mix(std::uint64_t value) noexcept {
  value *= 0x9e3779b97f4a7c15ULL;
  return value ^ (value >> 32U);
}

struct SpotHash {
  std::size_t operator()(const Spot& spot) const noexcept {
    return mix((reinterpret_cast<std::uintptr_t>(spot.code) >> 4U) ^
               (static_cast<std::uint64_t>(spot.instruction) << 40U));
  }
};

std::unordered_map<Spot, SiteId, SpotHash> site_of_spot;
std::unordered_map<std::uint64_t, SiteId> lines;     // (code, line), hashed with its address
std::unordered_map<std::uint64_t, SiteId> children;  // (parent << 32 | line's site)

// The spots looked up last: calls come from few places at a time.
struct Recent {
  Spot spot;
  SiteId site;
};
std::array<Recent, 512> recent;

Spot spot_of(const Frame& frame) noexcept {
  return {reinterpret_cast<PyObject*>(frame.code()), frame.instruction()};
}

// A place of the program's, for all that the name of the file says: k_unknown. Else whose it is.
SiteId owner_of(PyObject* code) {
  const Ref file = Ref::steal(PyObject_GetAttrString(code, "co_filename"));
  Py_ssize_t size = 0;
  const char* text = file ? PyUnicode_AsUTF8AndSize(file.get(), &size) : nullptr;
  if (text == nullptr) {
    PyErr_Clear();
    return k_unknown;
  }
  const std::string_view name{text, static_cast<std::size_t>(size)};
  if (name.substr(0, 8) == "<frozen ") return k_skipped;
  const auto is_in = [name](const std::string& folder) {
    return name.substr(0, folder.size()) == folder;
  };
  if (std::any_of(library_folders.begin(), library_folders.end(), is_in)) return k_library;
  if (std::any_of(skipped_folders.begin(), skipped_folders.end(), is_in)) return k_skipped;
  return k_unknown;
}

bool is_program(SiteId site) noexcept { return site < k_library; }

SiteId add_site(PyObject* code, int line, SiteId parent) {
  if (sites.size() >= k_most_sites) return k_unknown;
  sites.push_back({Ref::borrow(code).release(), line, parent});
  return static_cast<SiteId>(sites.size() - 1);
}

// The site of a frame's line, found the slow way.
SiteId learn(const Frame& frame, const Spot& spot) {
  const auto known = site_of_spot.find(spot);
  if (known != site_of_spot.end()) return known->second;
  SiteId site = owner_of(spot.code);
  if (is_program(site)) {
    const int line = frame.line();
    const std::uint64_t key =
        mix(reinterpret_cast<std::uintptr_t>(spot.code)) + static_cast<std::uint64_t>(line);
    const auto found = lines.find(key);
    if (found != lines.end() && sites[found->second].code == spot.code &&
        sites[found->second].line == line) {
      site = found->second;
    } else {
      site = add_site(spot.code, line, 0);
      if (site != k_unknown) lines[key] = site;
    }
  }
  // A code object that is not kept may die, and another may get its address.
  if (site != k_unknown && site_of_spot.size() < k_most_sites) {
    if (!is_program(site)) Py_INCREF(spot.code);
    site_of_spot[spot] = site;
  }
  return site;
}

SiteId site_at(const Frame& frame) {
  const Spot spot = spot_of(frame);
  Recent& slot = recent[SpotHash{}(spot) % recent.size()];
  if (FLOPSCOPE_LIKELY(slot.spot == spot)) return slot.site;
  const SiteId site = learn(frame, spot);
  if (site != k_unknown) slot = {spot, site};
  return site;
}

SiteId child_of(SiteId parent, SiteId line) {
  const std::uint64_t key = (static_cast<std::uint64_t>(parent) << 32U) | line;
  const auto found = children.find(key);
  if (found != children.end()) return found->second;
  const SiteId site = add_site(sites[line].code, sites[line].line, parent);
  if (site != k_unknown) children[key] = site;
  return site;
}

SiteId line_site(Frame frame) {
  for (; frame; frame = frame.back()) {
    const SiteId site = site_at(frame);
    if (FLOPSCOPE_LIKELY(is_program(site))) return site;
  }
  return k_unknown;
}

// A stack found before, under the hash of all its spots. Frames cannot be compared instead: one may
// lie where another lay that was called from elsewhere, and generators change their callers.
// 64 bits make a wrong match as likely as one in 10^7 among a million stacks.
struct RecentStack {
  std::uint64_t hash = 0;
  SiteId node = k_unknown;
};
std::array<RecentStack, 1024> recent_stacks;

std::uint64_t hash_of_stack(Frame frame) noexcept {
  std::uint64_t hash = 1;
  for (; frame; frame = frame.back()) {
    const Spot spot = spot_of(frame);
    hash = mix(hash ^ (reinterpret_cast<std::uintptr_t>(spot.code) >> 4U) ^
               (static_cast<std::uint64_t>(spot.instruction) << 44U));
  }
  return hash;
}

// The node of a stack, found frame by frame; `complete` tells whether every frame has a site, whose
// code is kept then: only such a stack can be known again by its addresses.
SiteId learn_stack(Frame frame, bool* complete) {
  static std::vector<SiteId> lines_inwards;  // kept for its memory; the interpreter lock guards it
  lines_inwards.clear();
  *complete = true;
  for (; frame; frame = frame.back()) {
    const SiteId site = site_at(frame);
    if (site == k_unknown) *complete = false;
    if (is_program(site) && site != k_unknown) lines_inwards.push_back(site);
  }
  SiteId node = k_unknown;
  for (auto line = lines_inwards.rbegin(); line != lines_inwards.rend(); ++line) {
    const SiteId below = child_of(node, *line);
    if (below == k_unknown) {
      *complete = false;
      break;
    }
    node = below;
  }
  return node;
}

SiteId stack_site(const Frame& frame) {
  const std::uint64_t hash = hash_of_stack(frame);
  RecentStack& slot = recent_stacks[hash % recent_stacks.size()];
  if (FLOPSCOPE_LIKELY(slot.hash == hash)) return slot.node;
  bool complete = false;
  const SiteId node = learn_stack(frame, &complete);
  if (complete) slot = {hash, node};
  return node;
}

}  // namespace

SiteId find_site(Attribution attribution) {
  const Frame frame = Frame::current();
  if (!frame) return k_unknown;
  return attribution == Attribution::line ? line_site(frame) : stack_site(frame);
}

Caller find_caller() {
  for (Frame frame = Frame::current(); frame; frame = frame.back()) {
    const SiteId site = site_at(frame);
    if (site == k_library) return {true, k_unknown};
    if (is_program(site)) return {false, site};
  }
  return {false, k_unknown};
}

bool require_library(const char* what) {
  if (find_caller().is_library) return true;
  PyErr_Format(PyExc_TypeError, "%s is flopscope's own and not for programs", what);
  return false;
}

bool parse_attribution(PyObject* object, Attribution* attribution) {
  *attribution = Attribution::none;
  if (object == Py_None) return true;
  if (PyUnicode_Check(object)) {
    for (const Attribution known : {Attribution::line, Attribution::stack}) {
      if (PyUnicode_CompareWithASCIIString(object, name_of(known)) == 0) {
        *attribution = known;
        return true;
      }
    }
  }
  PyErr_Format(PyExc_ValueError, "attribute must be None, 'line' or 'stack', got %R", object);
  return false;
}

const char* name_of(Attribution attribution) noexcept {
  switch (attribution) {
    case Attribution::line:
      return "line";
    case Attribution::stack:
      return "stack";
    default:
      return nullptr;
  }
}

namespace {

bool read_folders(PyObject* folders, std::vector<std::string>* names) {
  const Ref sequence = Ref::steal(PySequence_Fast(folders, "folders must be a sequence of str"));
  if (!sequence) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence.get()); ++i) {
    const char* text = PyUnicode_AsUTF8(PySequence_Fast_GET_ITEM(sequence.get(), i));
    if (text == nullptr) return false;
    names->emplace_back(text);
  }
  return true;
}

// Once, by the facade: a program that could set them could hide what it does.
PyObject* set_skipped_folders(PyObject*, PyObject* args) {
  PyObject* own = nullptr;
  PyObject* others = nullptr;
  if (PyArg_ParseTuple(args, "OO", &own, &others) == 0) return nullptr;
  if (!library_folders.empty()) {
    PyErr_SetString(PyExc_RuntimeError, "the folders are set once, at import");
    return nullptr;
  }
  std::vector<std::string> library;
  std::vector<std::string> skipped;
  if (!read_folders(own, &library) || !read_folders(others, &skipped)) return nullptr;
  library_folders = std::move(library);
  skipped_folders = std::move(skipped);
  Py_RETURN_NONE;
}

// _own_files() -> (path of this library, beginnings of the names of the facade's files).
PyObject* get_own_files(PyObject*, PyObject*) {
  const char* path = "";
#if defined(__unix__) || defined(__APPLE__)
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&get_own_files), &info) != 0 &&
      info.dli_fname != nullptr) {
    path = info.dli_fname;
  }
#endif
  const Ref folders = Ref::steal(PyTuple_New(static_cast<Py_ssize_t>(library_folders.size())));
  for (std::size_t i = 0; folders && i < library_folders.size(); ++i) {
    PyObject* name = PyUnicode_FromString(library_folders[i].c_str());
    if (name == nullptr) return nullptr;
    PyTuple_SET_ITEM(folders.get(), static_cast<Py_ssize_t>(i), name);
  }
  const Ref library = Ref::steal(PyUnicode_DecodeFSDefault(path));
  return folders && library ? PyTuple_Pack(2, library.get(), folders.get()) : nullptr;
}

// _site(id) -> (code, line, parent id).
PyObject* get_site(PyObject*, PyObject* id) {
  const std::size_t at = PyLong_AsSize_t(id);
  if (at == static_cast<std::size_t>(-1) && PyErr_Occurred() != nullptr) return nullptr;
  if (at == 0 || at >= sites.size()) {
    return PyErr_Format(PyExc_IndexError, "there is no site %zu", at);
  }
  const Site& site = sites[at];
  return Py_BuildValue("OiI", site.code, site.line, static_cast<unsigned>(site.parent));
}

PyMethodDef functions[] = {
    {"_set_skipped_folders", set_skipped_folders, METH_VARARGS,
     "Beginnings of the names of the library's files, and of others whose lines are nobody's."},
    {"_own_files", get_own_files, METH_NOARGS,
     "The path of this library, and the folders of the facade, as the system knows them."},
    {"_site", get_site, METH_O, "The code object, line and parent of a site."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_site_functions(PyObject* module) { return PyModule_AddFunctions(module, functions) == 0; }

}  // namespace flopscope::bindings
